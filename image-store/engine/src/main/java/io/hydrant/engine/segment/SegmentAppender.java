package io.hydrant.engine.segment;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.Address;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The writing side of the log: records into buffers, buffers into the open segment, one segment
 * after the other.
 *
 * <p>Locks, in the order in which they may be taken: {@code preparing}, {@code syncing}, {@code
 * appending}. The first two are held during I/O, and together only at the end; {@code appending} is
 * held only while bytes are copied (and, for a record larger than a buffer, while it is written).
 * {@code active}, {@code prepared} and the buffers belong to {@code appending}; {@code writing},
 * the segment that the bytes on disk have got to, to {@code syncing}. After a roll the two differ
 * until the old segment's last bytes are written: {@link #advance}.
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
  private final ReentrantLock syncing = new ReentrantLock();
  private final ReentrantLock appending = new ReentrantLock();
  private final ReentrantLock preparing = new ReentrantLock();
  private final AppendBuffers buffers;
  private final RecordCodec codec = new RecordCodec();

  private OpenSegment active;
  private OpenSegment writing;
  private @Nullable OpenSegment prepared;
  private boolean unsynced;
  private volatile long appended;
  private volatile long durable;
  private volatile @Nullable Throwable failure;
  private volatile boolean closed;

  /**
   * @param first published, and durable up to its position
   */
  SegmentAppender(SegmentFactory factory, SegmentRegistry registry, OpenSegment first) {
    this.factory = factory;
    this.registry = registry;
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

  Appended append(LogRecord record, ByteBuffer payload) throws IOException {
    int recordBytes = requireSound(record, payload);
    while (true) {
      Obstacle obstacle;
      appending.lock();
      try {
        requireUsable();
        if (!active.fits(recordBytes) && !roll()) {
          obstacle = Obstacle.NO_SEGMENT;
        } else if (buffers.isTooLarge(recordBytes)) {
          obstacle = Obstacle.LARGER_THAN_BUFFER;
        } else {
          ByteBuffer room = buffers.room(active, recordBytes);
          if (room != null) {
            Frame frame = codec.encode(room, record, payload, active.next(), durableIn(active));
            return counted(frame);
          }
          obstacle = Obstacle.NO_BUFFER;
        }
      } finally {
        appending.unlock();
      }
      switch (obstacle) {
        case NO_SEGMENT -> prepare();
        case NO_BUFFER -> drain();
        case LARGER_THAN_BUFFER -> {
          @Nullable Appended written = appendLarge(record, payload, recordBytes);
          if (written != null) {
            return written;
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

  /** Goes on to the prepared segment, in memory; false if there is none. */
  private boolean roll() {
    OpenSegment next = prepared;
    if (next == null) {
      return false;
    }
    prepared = null;
    active = next;
    return true;
  }

  private Appended counted(Frame frame) {
    Address record = new Address(active.number(), active.position());
    active.appended(frame);
    appended = end(active);
    return new Appended(record, record.plus(frame.headerBytes()), appended);
  }

  /** Writes a record past the buffers; null if another thread has changed the segment meanwhile. */
  private @Nullable Appended appendLarge(LogRecord record, ByteBuffer payload, int recordBytes)
      throws IOException {
    syncing.lock();
    try {
      appending.lock();
      try {
        requireUsable();
        return active.fits(recordBytes) ? writeThrough(record, payload) : null;
      } finally {
        appending.unlock();
      }
    } finally {
      syncing.unlock();
    }
  }

  private Appended writeThrough(LogRecord record, ByteBuffer payload) throws IOException {
    try {
      writeChunks();
      advance(active);
      int payloadChecksum = codec.payloadChecksum(payload, active.next());
      ByteBuffer header =
          ByteBuffer.allocateDirect(RecordCodec.headerBytes(record)).order(ByteOrder.LITTLE_ENDIAN);
      Frame frame =
          codec.encodeHeader(header, record, payloadChecksum, active.next(), durableIn(active));
      active.write(active.position(), header.flip());
      active.write(active.position() + header.limit(), payload.duplicate());
      unsynced = true;
      return counted(frame);
    } catch (Throwable failed) {
      throw fail(failed);
    }
  }

  /** Frees buffers, unless another thread did so while this one waited. */
  private void drain() throws IOException {
    syncing.lock();
    try {
      requireUsable();
      if (!hasFreeBuffer()) {
        flush();
      }
    } finally {
      syncing.unlock();
    }
  }

  private boolean hasFreeBuffer() {
    appending.lock();
    try {
      return buffers.hasFree();
    } finally {
      appending.unlock();
    }
  }

  long sync() throws IOException {
    long target = appended;
    requireUsable();
    if (Long.compareUnsigned(durable, target) < 0) {
      syncing.lock();
      try {
        requireUsable();
        if (Long.compareUnsigned(durable, target) < 0) {
          flush();
        }
      } finally {
        syncing.unlock();
      }
      prepareAhead();
    }
    return durable;
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
      throw fail(failed);
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
    } finally {
      appending.unlock();
    }
    for (AppendBuffers.Chunk chunk : chunks) {
      advance(chunk.segment());
      unsynced = true;
      writing.write(chunk.offset(), chunk.toWrite());
      appending.lock();
      try {
        buffers.giveBack(chunk);
      } finally {
        appending.unlock();
      }
    }
    return end;
  }

  /** Seals the segment that was written to so far, and gives the next one its name. */
  private void advance(OpenSegment next) throws IOException {
    if (next == writing) {
      return;
    }
    OpenSegment old = writing;
    long oldEnd = end(old);
    registry.put(old.seal(durableIn(old)));
    unsynced = false;
    durable = oldEnd;
    factory.publish(next);
    registry.put(next);
    writing = next;
  }

  /** The next segment is made ready early, so that appending does not wait for it. */
  private void prepareAhead() throws IOException {
    appending.lock();
    try {
      if (prepared != null || active.position() < active.lengthBytes() / 2) {
        return;
      }
    } finally {
      appending.unlock();
    }
    try {
      prepare();
    } catch (DiskFullException notYet) {
      // Nobody needs it yet. Whoever does tries again and is told.
      return;
    }
  }

  private void prepare() throws IOException {
    preparing.lock();
    try {
      int number;
      appending.lock();
      try {
        requireUsable();
        if (prepared != null) {
          return;
        }
        // Cannot change before prepared is set, since rolling needs it.
        number = active.number() + 1;
      } finally {
        appending.unlock();
      }
      OpenSegment next = factory.prepare(number);
      appending.lock();
      try {
        prepared = next;
      } finally {
        appending.unlock();
      }
    } catch (DiskFullException full) {
      throw full;
    } catch (Throwable failed) {
      throw fail(failed);
    } finally {
      preparing.unlock();
    }
  }

  /** Bytes that can be appended without a new file. */
  long reservedBytes() {
    long perSegment = SegmentFormat.capacity(factory.config().segmentBytes());
    appending.lock();
    try {
      return active.free()
          + (prepared == null ? 0 : perSegment)
          + factory.spares().size() * perSegment;
    } finally {
      appending.unlock();
    }
  }

  /** Writes everything and seals the open segment, so that the next start has nothing to move. */
  void close() throws IOException {
    preparing.lock();
    syncing.lock();
    try {
      if (closed) {
        return;
      }
      boolean usable = failure == null;
      if (usable) {
        flush();
        registry.put(writing.seal(writing.position()));
        if (prepared != null) {
          factory.discard(prepared);
        }
      }
    } finally {
      closed = true;
      syncing.unlock();
      preparing.unlock();
    }
  }

  void requireUsable() throws IOException {
    Throwable cause = failure;
    if (cause != null) {
      throw new IOException(
          "the segment log has stopped after a failed write or sync; restart to recover", cause);
    }
    if (closed) {
      throw new IOException("the segment log is closed");
    }
  }

  /** Remembers the first failure, and gives it back to be thrown. */
  IOException fail(Throwable failed) {
    if (failure == null) {
      failure = failed;
    }
    return switch (failed) {
      case IOException exception -> exception;
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      default -> new IOException(failed);
    };
  }

  private int durableIn(OpenSegment segment) {
    Address through = Address.ofPacked(durable);
    return through.segment() == segment.number() ? through.offset() : SegmentFormat.RECORDS_OFFSET;
  }

  private static long end(OpenSegment segment) {
    return new Address(segment.number(), segment.position()).packed();
  }
}
