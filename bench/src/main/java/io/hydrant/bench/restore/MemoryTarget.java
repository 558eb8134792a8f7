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

  public ByteBuffer page(long page) {
    return memory.slice((int) page * Trace.PAGE_BYTES, Trace.PAGE_BYTES);
  }
}
