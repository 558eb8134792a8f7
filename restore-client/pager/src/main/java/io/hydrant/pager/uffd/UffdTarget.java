package io.hydrant.pager.uffd;

import io.hydrant.pager.PageTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;
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
final class UffdTarget implements PageTarget, AutoCloseable {
  /** Put at once: an event, and so a fault, waits for it no longer than some ten microseconds. */
  private static final int STAGING_BYTES = 64 << 10;

  private static final int SMALL_PAGE_BYTES = 4_096;
  private static final long AGAIN_NANOS = 50_000;

  /** While its memory changes: many times what an event takes to be read. */
  private static final int TRIES_MAX = 100_000;

  private final Userfault userfault;
  private final GuestMemory memory;
  private final int pageBytes;
  private final Runnable unheard;
  private final ReadWriteLock reading = new ReentrantReadWriteLock();

  /** Under the lock. */
  private boolean closed;

  /** Says among others which pages the process has given up: they are zero. */
  private final PageRecord record;

  private final ThreadLocal<MemorySegment> staging;

  /**
   * @param pageBytes of the image's regions and of the kernel
   * @param unheard reads an event that has come, unless somebody else does
   */
  UffdTarget(
      Userfault userfault, GuestMemory memory, PageRecord record, int pageBytes, Runnable unheard) {
    this.userfault = userfault;
    this.memory = memory;
    this.record = record;
    this.pageBytes = pageBytes;
    this.unheard = unheard;
    int bytes = Math.max(STAGING_BYTES, pageBytes);
    this.staging = ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(bytes, SMALL_PAGE_BYTES));
  }

  /** Pages of one piece of memory. */
  private interface Part {
    Userfault.Put put(long address, long bytes, long sourceOffset) throws IOException;
  }

  /** A try, under the lock. */
  private interface Try {
    Userfault.Put put() throws IOException;
  }

  @Override
  public void put(int region, long firstPage, ByteBuffer content) throws IOException {
    MemorySegment source = MemorySegment.ofBuffer(content);
    MemorySegment stage = staging.get();
    for (long done = 0; done < source.byteSize(); ) {
      long count = Math.min(source.byteSize() - done, stage.byteSize());
      MemorySegment.copy(source, done, stage, 0, count);
      long first = firstPage + done / pageBytes;
      untilDone(first, () -> putStaged(region, first, stage, count));
      done += count;
    }
  }

  /** All that the process has not given up. */
  private Userfault.Put putStaged(int region, long firstPage, MemorySegment stage, long bytes)
      throws IOException {
    long end = firstPage + bytes / pageBytes;
    for (long from = firstPage; from < end; from++) {
      if (record.isGivenUp(region, from)) {
        continue;
      }
      long to = from + 1;
      while (to < end && !record.isGivenUp(region, to)) {
        to++;
      }
      long begin = (from - firstPage) * pageBytes;
      Userfault.Put outcome =
          eachPiece(
              region,
              from * pageBytes,
              (to - from) * pageBytes,
              (address, length, offset) ->
                  userfault.copy(
                      address, stage.asSlice(begin + offset, length), length, pageBytes));
      if (outcome != Userfault.Put.DONE) {
        return outcome;
      }
      record.there(region, from, to - from);
      from = to;
    }
    return Userfault.Put.DONE;
  }

  /**
   * While an event is not read nothing can be put: the lock is let go of, and the event read here
   * if nobody else listens.
   */
  private void untilDone(long page, Try attempt) throws IOException {
    for (int i = 0; i < TRIES_MAX; i++) {
      Userfault.Put outcome;
      reading.readLock().lock();
      try {
        if (closed) {
          throw new IOException("the pager is closed");
        }
        outcome = attempt.put();
      } finally {
        reading.readLock().unlock();
      }
      switch (outcome) {
        case DONE, THERE, GONE -> {
          return;
        }
        case NOWHERE ->
            throw new IOException(
                "there is no registered memory at page %d, or not all of it: the machine has changed its memory"
                    .formatted(page));
        case AGAIN -> {
          unheard.run();
          LockSupport.parkNanos(AGAIN_NANOS);
        }
      }
    }
    throw new IOException("the memory at page %d is being changed all the time".formatted(page));
  }

  /** Reads an event while nothing is put, and notes what it gives up. */
  Optional<Userfault.Event> read() throws IOException {
    reading.writeLock().lock();
    try {
      Optional<Userfault.Event> event = userfault.read(record.slot());
      note(event);
      return event;
    } finally {
      reading.writeLock().unlock();
    }
  }

  private void note(Optional<Userfault.Event> event) throws IOException {
    if (event.orElse(null) instanceof Userfault.Event.Removed removed) {
      eachPage(removed, record::givenUp);
    }
    record.noted();
  }

  /**
   * Goes on where another process was killed, if one was. The kernel writes an event into the
   * record within the call that lets its machine go on, so the last one may be there and not be
   * noted; a fault that was heard and not answered is to be heard again.
   */
  void begin() {
    try {
      note(Userfault.event(record.slot()));
      for (GuestMemory.Piece piece : memory.pieces()) {
        userfault.wake(piece.address(), piece.bytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the machine's memory cannot be reached: " + e.getMessage(), e);
    }
  }

  @Override
  public BitSet held(int region) {
    return record.held(region);
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
        long first = (piece.offset() + from - piece.address()) / pageBytes;
        pages.accept(piece.region(), first, (to - from) / pageBytes);
      }
    }
  }

  /**
   * Nothing is put there before somebody asks: the kernel would have to be told page by page, and a
   * page that is never touched costs nothing. See {@link #zero}.
   */
  @Override
  public void putZero(int region, long firstPage, long pageCount) {
    record.there(region, firstPage, pageCount);
  }

  /** Somebody waits for a page that is zero; if it is there, it stays as it is. */
  void zero(int region, long page) throws IOException {
    untilDone(
        page,
        () ->
            eachPiece(
                region,
                page * pageBytes,
                pageBytes,
                (address, bytes, _) ->
                    pageBytes == SMALL_PAGE_BYTES
                        ? userfault.zero(address, bytes)
                        // The kernel has no zero page of that size.
                        : userfault.copy(address, staging.get().fill((byte) 0), bytes, pageBytes)));
  }

  /** The first outcome that is not good; pages that are there already are good. */
  private Userfault.Put eachPiece(int region, long offset, long bytes, Part part)
      throws IOException {
    for (GuestMemory.Piece piece : memory.pieces()) {
      long from = Math.max(offset, piece.offset());
      long to = Math.min(offset + bytes, piece.offset() + piece.bytes());
      if (piece.region() == region && from < to) {
        long address = piece.address() + from - piece.offset();
        Userfault.Put outcome = part.put(address, to - from, from - offset);
        if (outcome != Userfault.Put.DONE && outcome != Userfault.Put.THERE) {
          return outcome;
        }
      }
    }
    return Userfault.Put.DONE;
  }

  /**
   * All pages with content are there: the machine needs nobody any more, and what it gives up from
   * now on is the kernel's affair.
   */
  void release() throws IOException {
    reading.writeLock().lock();
    try {
      for (GuestMemory.Piece piece : memory.pieces()) {
        release(piece);
      }
    } finally {
      reading.writeLock().unlock();
    }
  }

  private void release(GuestMemory.Piece piece) throws IOException {
    try {
      userfault.unregister(piece.address(), piece.bytes());
    } catch (Libc.Errno e) {
      if (e.number() != Libc.EINVAL) {
        throw e;
      }
      // The machine has unmapped it, as one does that ends just now.
    }
  }

  /** Nothing is put any more, once this has returned; not even where the number is used again. */
  @Override
  public void close() {
    reading.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        userfault.close();
      }
    } finally {
      reading.writeLock().unlock();
    }
  }
}
