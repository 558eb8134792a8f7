package io.hydrant.pager.uffd;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.hydrant.client.Regions;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.List;

/**
 * What a pager knows of a machine's pages and its successor must know too, if it is killed: which
 * ones are there, which ones the machine has given up, and the event that was read last. In memory
 * that outlives the process as long as somebody else has its descriptor.
 *
 * <pre>
 * 0      the event read last, as the kernel gave it; type 0: noted
 * 64     "hydrPGR1", bytes in all
 * 4096   for each region: a bit a page, set once it is there; then a bit a page, set once the
 *        machine has given it up; each from a multiple of 8 bytes on
 * </pre>
 *
 * <p>A page is marked as there behind the put: a successor that puts it once more finds it there.
 * An event is noted before the next one is read, and is in the slot before the machine that waits
 * for its reading can go on for good: a kill in between loses nothing, see {@link UffdTarget}.
 *
 * <p>Safe for use by several threads.
 */
public final class PageRecord implements AutoCloseable {
  private static final long MAGIC = 0x6879_6472_5047_5231L;
  private static final long MAGIC_AT = 64;
  private static final long BITS_AT = 4_096;
  private static final VarHandle LONG = JAVA_LONG.varHandle();

  private final MemorySegment memory;
  private final int fd;
  private final long[] pages;
  private final long[] thereAt;
  private final long[] givenUpAt;

  private PageRecord(MemorySegment memory, int fd, List<Region> regions) {
    this.memory = memory;
    this.fd = fd;
    this.pages = regions.stream().mapToLong(Regions::pages).toArray();
    this.thereAt = new long[pages.length];
    this.givenUpAt = new long[pages.length];
    long at = BITS_AT;
    for (int region = 0; region < pages.length; region++) {
      thereAt[region] = at;
      givenUpAt[region] = at + bitmapBytes(pages[region]);
      at = givenUpAt[region] + bitmapBytes(pages[region]);
    }
  }

  private static long bitmapBytes(long pages) {
    return (pages + Long.SIZE - 1) / Long.SIZE * Long.BYTES;
  }

  private static long bytes(List<Region> regions) {
    return BITS_AT
        + regions.stream().mapToLong(region -> 2 * bitmapBytes(Regions.pages(region))).sum();
  }

  /** One that ends with this process. */
  static PageRecord ofThisProcess(List<Region> regions) {
    return new PageRecord(Arena.ofAuto().allocate(bytes(regions), Long.BYTES), -1, regions);
  }

  /** One that can be handed to others. */
  public static PageRecord shared(List<Region> regions) throws IOException {
    int fd = Libc.memfd("hydrant-pages");
    try {
      long bytes = bytes(regions);
      Libc.truncate(fd, bytes);
      MemorySegment memory = map(fd, bytes);
      memory.set(JAVA_LONG, MAGIC_AT, MAGIC);
      memory.set(JAVA_LONG, MAGIC_AT + Long.BYTES, bytes);
      return new PageRecord(memory, fd, regions);
    } catch (IOException | RuntimeException e) {
      Libc.close(fd);
      throw e;
    }
  }

  /**
   * One of a process before this one.
   *
   * @param fd becomes the record's
   * @throws IOException if it is no such record of these regions
   */
  public static PageRecord received(int fd, List<Region> regions) throws IOException {
    try {
      long bytes = bytes(regions);
      MemorySegment memory = map(fd, bytes);
      if (memory.get(JAVA_LONG, MAGIC_AT) != MAGIC
          || memory.get(JAVA_LONG, MAGIC_AT + Long.BYTES) != bytes) {
        throw new IOException("what was handed over is no record of the pages of this image");
      }
      return new PageRecord(memory, fd, regions);
    } catch (IOException | RuntimeException e) {
      Libc.close(fd);
      throw e;
    }
  }

  private static MemorySegment map(int fd, long bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            Path.of("/proc/self/fd/" + fd), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (channel.size() < bytes) {
        throw new IOException("what was handed over is too small to be a record of pages");
      }
      // Never unmapped by hand: a thread may mark a page while the rest is closed.
      MemorySegment memory = channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, Arena.ofAuto());
      // The kernel must be able to write an event there whatever becomes of the process.
      Libc.lock(memory.address(), BITS_AT);
      return memory;
    }
  }

  /** For handing it over; -1: it cannot be. */
  int descriptor() {
    return fd;
  }

  /** Another descriptor of the same memory; the caller's. */
  int duplicate() throws IOException {
    return Libc.duplicate(fd);
  }

  /** Where events are read to, one after the other. */
  MemorySegment slot() {
    return memory.asSlice(0, Userfault.MESSAGE_BYTES);
  }

  /** The event in the slot was seen to. */
  void noted() {
    memory.set(JAVA_BYTE, 0, (byte) 0);
  }

  void there(int region, long firstPage, long pageCount) {
    set(thereAt[region], firstPage, pageCount);
  }

  void givenUp(int region, long firstPage, long pageCount) {
    set(givenUpAt[region], firstPage, pageCount);
  }

  boolean isGivenUp(int region, long page) {
    return isSet(givenUpAt[region], page);
  }

  /** Pages that need not be brought any more. */
  BitSet held(int region) {
    BitSet held = new BitSet();
    for (long page = 0; page < pages[region]; page += Long.SIZE) {
      long word = word(thereAt[region], page) | word(givenUpAt[region], page);
      for (; word != 0; word &= word - 1) {
        held.set((int) page + Long.numberOfTrailingZeros(word));
      }
    }
    return held;
  }

  private long word(long bitmap, long page) {
    return (long) LONG.getVolatile(memory, bitmap + page / Long.SIZE * Long.BYTES);
  }

  private boolean isSet(long bitmap, long page) {
    return (word(bitmap, page) >>> page & 1) != 0;
  }

  private void set(long bitmap, long firstPage, long pageCount) {
    long end = firstPage + pageCount;
    for (long page = firstPage; page < end; ) {
      long next = Math.min(end, (page / Long.SIZE + 1) * Long.SIZE);
      long bits = -1L >>> Long.SIZE - (next - page) << page;
      var _ = (long) LONG.getAndBitwiseOr(memory, bitmap + page / Long.SIZE * Long.BYTES, bits);
      page = next;
    }
  }

  @Override
  public void close() {
    if (fd >= 0) {
      Libc.close(fd);
    }
  }
}
