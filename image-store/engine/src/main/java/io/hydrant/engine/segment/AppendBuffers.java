package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What was appended and not written yet. One buffer is being filled; full ones wait; the rest are
 * free. Guarded by the appender's lock, except for the bytes of chunks that were {@link #take
 * taken}.
 *
 * <p>Chunks are whole pages, so that they can go past the page cache ({@link
 * StoreFile#writePages}). The end of one is padded with zeros; the next one begins in the same page
 * and brings its records along: what is durable of that page is written again with the bytes that
 * it has.
 */
final class AppendBuffers {
  /** One is filled, one is being written, one bridges the time in between. */
  static final int BUFFERS = 3;

  private static final int PAGE_BYTES = StoreFile.PAGE_BYTES;

  private final int bufferBytes;

  /**
   * Collected with the log: closing a shared arena stops all threads, and a crashed log is never
   * closed.
   */
  private final Arena arena = Arena.ofAuto();

  private final Deque<ByteBuffer> free = new ArrayDeque<>();
  private final List<Chunk> full = new ArrayList<>();
  private @Nullable Chunk filling;
  private int allocated;

  AppendBuffers(int bufferBytes) {
    this.bufferBytes = bufferBytes;
  }

  /**
   * Contiguous records of one segment.
   *
   * @param offset of the page in which the first one begins
   * @param carriedBytes of that page, which were written before
   */
  record Chunk(OpenSegment segment, int offset, int carriedBytes, ByteBuffer bytes) {
    /** To the end of the last record's page. */
    ByteBuffer toWrite() {
      while (bytes.position() % PAGE_BYTES != 0) {
        bytes.put((byte) 0);
      }
      return bytes.flip();
    }
  }

  boolean isTooLarge(long recordBytes) {
    return recordBytes > bufferBytes;
  }

  /** A chunk with room for one record that is larger than a buffer; not to be given back. */
  Chunk large(OpenSegment segment, int recordBytes) {
    // Memory of its own, which goes with the chunk.
    return begin(segment, newBuffer(Arena.ofAuto(), recordBytes));
  }

  /** The next chunk of the segment goes on behind this one. */
  void ended(Chunk chunk) {
    ByteBuffer records = chunk.bytes().duplicate().flip();
    chunk.segment().lastPage().append(records.position(chunk.carriedBytes()));
  }

  /**
   * Where the next record of the segment goes.
   *
   * @return null if no buffer is free
   */
  @Nullable ByteBuffer room(OpenSegment segment, int recordBytes) {
    Chunk current = filling;
    if (current != null
        && current.segment() == segment
        && bufferBytes - current.bytes().position() >= recordBytes) {
      return current.bytes();
    }
    if (!hasFree()) {
      return null;
    }
    end();
    Chunk next = begin(segment, free.isEmpty() ? allocate() : free.remove());
    filling = next;
    return next.bytes();
  }

  /** The chunk that is being filled takes no more. */
  private void end() {
    if (filling != null) {
      ended(filling);
      full.add(filling);
      filling = null;
    }
  }

  private Chunk begin(OpenSegment segment, ByteBuffer bytes) {
    int carried = segment.position() % PAGE_BYTES;
    if (segment.lastPage().bytes() != carried) {
      throw new IllegalStateException(
          "segment %d is filled to %d, but %d bytes of its last page are known"
              .formatted(segment.number(), segment.position(), segment.lastPage().bytes()));
    }
    segment.lastPage().putInto(bytes);
    return new Chunk(segment, segment.position() - carried, carried, bytes);
  }

  boolean hasFree() {
    return !free.isEmpty() || allocated < BUFFERS;
  }

  private ByteBuffer allocate() {
    allocated++;
    return newBuffer(arena, bufferBytes);
  }

  /** With room for a page's beginning before the records, and for padding behind them. */
  private static ByteBuffer newBuffer(Arena arena, int recordBytes) {
    long bytes = recordBytes + 2L * PAGE_BYTES & -PAGE_BYTES;
    return arena.allocate(bytes, PAGE_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Everything that is not written yet, in order. */
  List<Chunk> take() {
    end();
    List<Chunk> taken = new ArrayList<>(full);
    full.clear();
    return taken;
  }

  void giveBack(Chunk chunk) {
    free.add(chunk.bytes().clear());
  }
}
