package io.hydrant.pager.uffd;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Memory of a machine in this process, looked at by native code only: a Java thread that waits for
 * a page holds up every safepoint, and so the pager that is to bring it.
 */
public final class NativeMemory implements AutoCloseable {
  private final long address;
  private final long bytes;

  private NativeMemory(long address, long bytes) {
    this.address = address;
    this.bytes = bytes;
  }

  /** Of whole pages, none of which is there. */
  public static NativeMemory allocate(long bytes) throws IOException {
    return new NativeMemory(Libc.mmap(bytes), bytes);
  }

  public long address() {
    return address;
  }

  public long bytes() {
    return bytes;
  }

  /**
   * All of it, for Java code of a process that is not its own pager.
   *
   * @return valid until this is closed
   */
  public MemorySegment asSegment() {
    return MemorySegment.ofAddress(address).reinterpret(bytes);
  }

  /** Copies some of it; waits, if it is registered, until the pages are there. */
  public void read(long offset, MemorySegment into) {
    if (offset < 0 || offset > bytes - into.byteSize()) {
      throw new IndexOutOfBoundsException(offset);
    }
    Libc.memcpy(into, address + offset, into.byteSize());
  }

  /** Gives pages up: they read as zeros. */
  public void discard(long offset, long length) throws IOException {
    if (offset < 0 || length < 0 || offset > bytes - length) {
      throw new IndexOutOfBoundsException(offset);
    }
    Libc.discard(address + offset, length);
  }

  @Override
  public void close() {
    Libc.munmap(address, bytes);
  }
}
