package io.hydrant.bench.restore;

import io.hydrant.client.trace.Trace;
import io.hydrant.pager.PageTarget;
import java.nio.ByteBuffer;

/** One region, in this process's memory, that begins as zeros. */
public final class MemoryTarget implements PageTarget {
  private final ByteBuffer memory;

  public MemoryTarget(long bytes) {
    memory = ByteBuffer.allocateDirect(Math.toIntExact(bytes));
  }

  @Override
  public void put(int region, long firstPage, ByteBuffer content) {
    memory.put(
        (int) firstPage * Trace.PAGE_BYTES, content, content.position(), content.remaining());
  }

  @Override
  public void putZero(int region, long firstPage, long pageCount) {}

  /** The same memory for an image that is larger: pages lie upon each other. */
  public PageTarget folded() {
    return new PageTarget() {
      @Override
      public void put(int region, long firstPage, ByteBuffer content) {
        long room = memory.capacity() - content.remaining();
        int at = (int) (firstPage * Trace.PAGE_BYTES % Math.max(1, room + 1));
        memory.put(at, content, content.position(), content.remaining());
      }

      @Override
      public void putZero(int region, long firstPage, long pageCount) {}
    };
  }

  public ByteBuffer page(long page) {
    return memory.slice((int) page * Trace.PAGE_BYTES, Trace.PAGE_BYTES);
  }
}
