package io.hydrant.pager.uffd;

import io.hydrant.pager.PageTarget;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Memory of a process that waits for it. A page is copied into memory outside the heap, and from
 * there by the kernel, which maps it at once and wakes who waits.
 *
 * <p>A process that gives pages up waits until that is read, and then drops them: what is put there
 * before the reading goes with them, and what comes behind it must not be put. So nothing is put
 * while an event is read.
 */
final class UffdTarget implements PageTarget {
  /** Put at once: an event, and so a fault, waits for it no longer than some ten microseconds. */
  private static final int STAGING_BYTES = 64 << 10;

  private static final long AGAIN_NANOS = 50_000;

  /** While its memory changes: many times what an event takes to be read. */
  private static final int TRIES_MAX = 100_000;

  private final Userfault userfault;
  private final GuestMemory memory;
  private final int storePageBytes;
  private final ReadWriteLock reading = new ReentrantReadWriteLock();

  /** Pages that the process has given up, a set for each region: they are zero. */
  private final Map<Integer, BitSet> givenUp = new HashMap<>();

  private final ThreadLocal<MemorySegment> staging;

  /**
   * @param storePageBytes of the image's regions
   */
  UffdTarget(Userfault userfault, GuestMemory memory, int storePageBytes) {
    this.userfault = userfault;
    this.memory = memory;
    this.storePageBytes = storePageBytes;
    int bytes = Math.max(STAGING_BYTES, storePageBytes);
    this.staging = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(bytes, 4_096));
    for (GuestMemory.Piece piece : memory.pieces()) {
      if (piece.pageBytes() > storePageBytes) {
        throw new IllegalArgumentException(
            "memory at 0x%x has pages of %d bytes and the image of %d: a page there cannot be put in parts; protect the machine with regions of its page size"
                .formatted(piece.address(), piece.pageBytes(), storePageBytes));
      }
    }
  }

  /** One attempt at the kernel. */
  private interface Attempt {
    Userfault.Put at(long address, long bytes, long sourceOffset, long pageBytes)
        throws IOException;
  }

  @Override
  public void put(int region, long firstPage, ByteBuffer content) throws IOException {
    MemorySegment source = MemorySegment.ofBuffer(content);
    MemorySegment stage = staging.get();
    for (long done = 0; done < source.byteSize(); ) {
      long count = Math.min(source.byteSize() - done, stage.byteSize());
      MemorySegment.copy(source, done, stage, 0, count);
      reading.readLock().lock();
      try {
        putStaged(region, firstPage + done / storePageBytes, stage, count);
      } finally {
        reading.readLock().unlock();
      }
      done += count;
    }
  }

  /** All that the process has not given up. */
  private void putStaged(int region, long firstPage, MemorySegment stage, long bytes)
      throws IOException {
    BitSet gone = givenUp.get(region);
    int pages = (int) (bytes / storePageBytes);
    int from = 0;
    while (from < pages) {
      int end = pages;
      if (gone != null) {
        from = gone.nextClearBit((int) firstPage + from) - (int) firstPage;
        int next = gone.nextSetBit((int) firstPage + from);
        end = next < 0 ? pages : Math.min(pages, next - (int) firstPage);
      }
      if (from < end) {
        long begin = (long) from * storePageBytes;
        eachPiece(
            region,
            (firstPage + from) * storePageBytes,
            (long) (end - from) * storePageBytes,
            (address, length, offset, pageBytes) ->
                userfault.copy(address, stage.asSlice(begin + offset, length), length, pageBytes));
      }
      from = end;
    }
  }

  /** Reads events while nothing is put, and notes what they give up. */
  List<Userfault.Event> read() throws IOException {
    reading.writeLock().lock();
    try {
      List<Userfault.Event> events = userfault.read();
      for (Userfault.Event event : events) {
        if (event instanceof Userfault.Event.Removed removed) {
          eachPage(
              removed,
              (region, first, count) ->
                  givenUp
                      .computeIfAbsent(region, _ -> new BitSet())
                      .set((int) first, (int) (first + count)));
        }
      }
      return events;
    } finally {
      reading.writeLock().unlock();
    }
  }

  /** Takes pages of a region. */
  interface Pages {
    void accept(int region, long first, long count) throws IOException;
  }

  /** The pages that were given up. */
  void eachPage(Userfault.Event.Removed removed, Pages pages) throws IOException {
    for (GuestMemory.Piece piece : memory.pieces()) {
      long from = Math.max(removed.start(), piece.address());
      long to = Math.min(removed.end(), piece.address() + piece.bytes());
      if (from < to) {
        long first = (piece.offset() + from - piece.address()) / storePageBytes;
        pages.accept(piece.region(), first, (to - from) / storePageBytes);
      }
    }
  }

  /**
   * Nothing is put there before somebody asks: the kernel would have to be told page by page, and a
   * page that is never touched costs nothing. See {@link #zero}.
   */
  @Override
  public void putZero(int region, long firstPage, long pageCount) {}

  /** Somebody waits for a page that is zero. */
  void zero(int region, long page) throws IOException {
    eachPiece(
        region,
        page * storePageBytes,
        storePageBytes,
        (address, bytes, _, _) -> userfault.zero(address, bytes));
  }

  private void eachPiece(int region, long offset, long bytes, Attempt attempt) throws IOException {
    for (GuestMemory.Piece piece : memory.pieces()) {
      long from = Math.max(offset, piece.offset());
      long to = Math.min(offset + bytes, piece.offset() + piece.bytes());
      if (piece.region() == region && from < to) {
        long address = piece.address() + from - piece.offset();
        untilDone(address, to - from, from - offset, piece.pageBytes(), attempt);
      }
    }
  }

  private static void untilDone(
      long address, long bytes, long sourceOffset, long pageBytes, Attempt attempt)
      throws IOException {
    for (int i = 0; i < TRIES_MAX; i++) {
      switch (attempt.at(address, bytes, sourceOffset, pageBytes)) {
        case DONE, THERE, GONE -> {
          return;
        }
        case AGAIN -> LockSupport.parkNanos(AGAIN_NANOS);
      }
    }
    throw new IOException(
        "the memory at 0x%x is being changed all the time; nothing can be put there"
            .formatted(address));
  }
}
