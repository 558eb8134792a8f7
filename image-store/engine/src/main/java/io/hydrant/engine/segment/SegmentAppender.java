package io.hydrant.engine.segment;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.Address;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.IntSupplier;

/**
 * The writing side of the log for one use: records into buffers, buffers into the open segment, one
 * segment after the other.
 *
 * <p>Locks, in the order in which they may be taken: {@code syncing} is held during I/O; {@code
 * appending} only while bytes are copied (and, for a record larger than a buffer, while it is
 * written). {@code active} and the buffers belong to {@code appending}; {@code writing}, the
 * segment that the bytes on disk have got to, to {@code syncing}. After a roll the two differ until
 * the old segment's last bytes are written: {@link #advance}. Buffers are free again as soon as
 * they are written, so appending goes on during a sync.
 *
 * <p>Order on disk at a roll, so that the name of a segment proves the ones before it: (1) the new
 * file's header is synced under the name "next"; (2) the old segment's last records, footer and
 * seal are written and synced; (3) the new file is renamed and the directory synced; (4) only then
 * are its records written, and reported after their own sync.
 *
 * <p>Any failure other than a full disk while a segment is prepared is final (PROTOCOL R13).
 */
final class SegmentAppender {
  private final SegmentFactory factory;
  private final SegmentRegistry registry;
  private final FailStop failStop;
  private final AppendUse use;
  private final NextSegment next;
  private final AppendBuffers buffers;
  private final ReentrantLock syncing = new ReentrantLock();
  private final ReentrantLock appending = new ReentrantLock();
  private final Condition bufferFreed = appending.newCondition();
  private final RecordCodec codec = new RecordCodec();

  private OpenSegment active;
  private OpenSegment writing;

  /** Bytes were written to {@code writing} since its last sync; belongs to {@code syncing}. */
  private boolean unsynced;

  /** Somebody is writing buffers, so that some will be free; belongs to {@code appending}. */
  private boolean flushing;

  private volatile long appended;
  private volatile long durable;

  /**
   * @param begunBeside tells it for the header of each segment after the first
   * @param first published, and durable up to its position
   */
  SegmentAppender(
      SegmentFactory factory,
      SegmentRegistry registry,
      FailStop failStop,
      AppendUse use,
      IntSupplier begunBeside,
      OpenSegment first) {
    this.factory = factory;
    this.registry = registry;
    this.failStop = failStop;
    this.use = use;
    this.next = new NextSegment(factory, failStop, use, begunBeside);
    this.buffers = new AppendBuffers(factory.config().bufferBytes());
    this.active = first;
    this.writing = first;
    this.appended = end(first);
    this.durable = appended;
    registry.put(first);
  }

  long appended() {
    return appended;
  }

  long durable() {
    return durable;
  }

  /** What keeps {@link #append} from going on. */
  private enum Obstacle {
    NO_BUFFER,
    NO_SEGMENT,
    LARGER_THAN_BUFFER
  }

  /**
   * @param of whose record it is: the cleaner's may also go where a restart has taken the reserve
   */
  Appended append(LogRecord record, ByteBuffer payload, AppendUse of, Consumer<Appended> note)
      throws IOException {
    int recordBytes = requireSound(record, payload);
    while (true) {
      Obstacle obstacle;
      appending.lock();
      try {
        failStop.requireUsable();
        boolean fits = active.fits(recordBytes);
        if (fits && of == AppendUse.INGEST) {
          factory.requireReserve(active);
        }
        if (!fits && !roll()) {
          obstacle = Obstacle.NO_SEGMENT;
        } else if (buffers.isTooLarge(recordBytes)) {
          obstacle = Obstacle.LARGER_THAN_BUFFER;
        } else {
          ByteBuffer room = buffers.room(active, recordBytes);
          if (room != null) {
            return counted(
                codec.encode(room, record, payload, active.next(), durableIn(active)), note);
          }
          obstacle = Obstacle.NO_BUFFER;
        }
      } finally {
        appending.unlock();
      }
      switch (obstacle) {
        case NO_SEGMENT -> next.prepare(this::nextNumber);
        case NO_BUFFER -> awaitBuffer();
        case LARGER_THAN_BUFFER -> {
          Optional<Appended> written = appendLarge(record, payload, recordBytes, note);
          if (written.isPresent()) {
            return written.get();
          }
        }
      }
    }
  }

  private int requireSound(LogRecord record, ByteBuffer payload) {
    if (payload.remaining() != record.payloadBytes()) {
      throw new IllegalArgumentException(
          "payload of %d bytes, not the %d that its record says"
              .formatted(payload.remaining(), record.payloadBytes()));
    }
    long bytes = RecordCodec.recordBytes(record);
    int capacity = SegmentFormat.capacity(factory.config().segmentBytes());
    if (bytes > capacity
        || RecordCodec.headerBytes(record) > SegmentFormat.RECORD_HEADER_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a record of %d bytes does not fit a segment, which has room for %d"
              .formatted(bytes, capacity));
    }
    return (int) bytes;
  }

  /** Goes on to the next segment, in memory; false if none is ready. */
  private boolean roll() {
    Optional<OpenSegment> ready = next.take();
    ready.ifPresent(segment -> active = segment);
    return ready.isPresent();
  }

  private int nextNumber() {
    appending.lock();
    try {
      return active.number() + 1;
    } finally {
      appending.unlock();
    }
  }

  private Appended counted(Frame frame, Consumer<Appended> note) {
    Address record = new Address(active.number(), active.position());
    active.appended(frame);
    Appended at = new Appended(record, record.plus(frame.headerBytes()), end(active));
    note.accept(at);
    appended = at.end();
    return at;
  }

  /**
   * Writes a record past the buffers; empty if another thread has changed the segment meanwhile.
   */
  private Optional<Appended> appendLarge(
      LogRecord record, ByteBuffer payload, int recordBytes, Consumer<Appended> note)
      throws IOException {
    syncing.lock();
    try {
      appending.lock();
      try {
        failStop.requireUsable();
        return active.fits(recordBytes)
            ? Optional.of(writeLarge(record, payload, recordBytes, note))
            : Optional.empty();
      } finally {
        appending.unlock();
      }
    } finally {
      syncing.unlock();
    }
  }

  private Appended writeLarge(
      LogRecord record, ByteBuffer payload, int recordBytes, Consumer<Appended> note)
      throws IOException {
    try {
      writeChunks();
      advance(active);
      AppendBuffers.Chunk chunk = buffers.large(active, recordBytes);
      Frame frame = codec.encode(chunk.bytes(), record, payload, active.next(), durableIn(active));
      buffers.ended(chunk);
      unsynced = true;
      active.writePages(chunk.offset(), chunk.toWrite());
      return counted(frame, note);
    } catch (Throwable failed) {
      throw failStop.fail(notFull(failed));
    }
  }

  /**
   * A disk that is full where blocks were reserved is no refusal that comes back by itself: what
   * was appended is lost to this log.
   */
  private static Throwable notFull(Throwable failed) {
    return failed instanceof DiskFullException
        ? new IOException(
            failed.getMessage() + ", though the space was reserved: this device cannot hold a log",
            failed)
        : failed;
  }

  /** Waits for whoever writes buffers; does it if nobody does. */
  private void awaitBuffer() throws IOException {
    if (isBufferFreed()) {
      return;
    }
    syncing.lock();
    try {
      failStop.requireUsable();
      if (!isBufferFreed()) {
        flush();
      }
    } finally {
      syncing.unlock();
    }
  }

  private boolean isBufferFreed() {
    appending.lock();
    try {
      while (!buffers.hasFree() && flushing) {
        bufferFreed.awaitUninterruptibly();
      }
      return buffers.hasFree();
    } finally {
      appending.unlock();
    }
  }

  long sync() throws IOException {
    long target = appended;
    failStop.requireUsable();
    if (Long.compareUnsigned(durable, target) < 0) {
      syncing.lock();
      try {
        failStop.requireUsable();
        if (Long.compareUnsigned(durable, target) < 0) {
          flush();
        }
      } finally {
        syncing.unlock();
      }
      // Whoever ingests does not wait for a file; the cleaner may, and takes no room ahead.
      if (use == AppendUse.INGEST && isHalfFull() && !next.isReady()) {
        next.prepareAhead(this::nextNumber);
      }
    }
    return durable;
  }

  private boolean isHalfFull() {
    appending.lock();
    try {
      return active.position() > active.lengthBytes() / 2;
    } finally {
      appending.unlock();
    }
  }

  /** With {@code syncing} held. */
  private void flush() throws IOException {
    try {
      long end = writeChunks();
      if (unsynced) {
        writing.sync();
        unsynced = false;
      }
      durable = end;
    } catch (Throwable failed) {
      throw failStop.fail(notFull(failed));
    }
  }

  /**
   * Writes everything that was appended before the call; with {@code syncing} held.
   *
   * @return packed address behind it
   */
  private long writeChunks() throws IOException {
    List<AppendBuffers.Chunk> chunks;
    long end;
    appending.lock();
    try {
      chunks = buffers.take();
      end = appended;
      flushing = true;
    } finally {
      appending.unlock();
    }
    try {
      for (AppendBuffers.Chunk chunk : chunks) {
        advance(chunk.segment());
        unsynced = true;
        writing.writePages(chunk.offset(), chunk.toWrite());
        giveBack(chunk);
      }
    } finally {
      endFlushing();
    }
    return end;
  }

  private void giveBack(AppendBuffers.Chunk chunk) {
    appending.lock();
    try {
      buffers.giveBack(chunk);
      bufferFreed.signalAll();
    } finally {
      appending.unlock();
    }
  }

  private void endFlushing() {
    appending.lock();
    try {
      flushing = false;
      bufferFreed.signalAll();
    } finally {
      appending.unlock();
    }
  }

  /** Seals the segment that was written to so far, and gives the following one its name. */
  private void advance(OpenSegment following) throws IOException {
    if (following == writing) {
      return;
    }
    OpenSegment old = writing;
    registry.put(old.seal(durableIn(old)));
    unsynced = false;
    durable = end(old);
    factory.publish(following);
    registry.put(following);
    writing = following;
  }

  /**
   * Bytes that can be appended to segments that are open.
   *
   * @param whole whether the reserve is
   */
  long freeBytes(boolean whole) {
    appending.lock();
    try {
      return active.free(whole) + next.freeBytes();
    } finally {
      appending.unlock();
    }
  }

  /**
   * Writes everything and seals the open segment, so that the next start has nothing to move. Once,
   * when nothing is appended any more.
   */
  void seal() throws IOException {
    syncing.lock();
    try {
      flush();
      registry.put(writing.seal(writing.position()));
      next.discard();
    } finally {
      syncing.unlock();
    }
  }

  private int durableIn(OpenSegment segment) {
    Address through = Address.ofPacked(durable);
    return through.segment() == segment.number() ? through.offset() : SegmentFormat.RECORDS_OFFSET;
  }

  private static long end(OpenSegment segment) {
    return new Address(segment.number(), segment.position()).packed();
  }
}
