package io.hydrant.engine.segment;

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
 */
final class AppendBuffers {
  /** One is filled, one is being written, one bridges the time in between. */
  static final int BUFFERS = 3;

  /**
   * Chunks are padded to whole pages with zeros, so that the kernel need not read the page of a
   * recycled file of which only the beginning is written. The next chunk overwrites the padding.
   */
  private static final int PAGE_BYTES = 4096;

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

  /** Contiguous records of one segment. */
  record Chunk(OpenSegment segment, int offset, ByteBuffer bytes) {
    /** From the first record to the end of the last one's page. */
    ByteBuffer toWrite() {
      int end = offset + bytes.position();
      int paddedEnd = Math.min((end + PAGE_BYTES - 1) & -PAGE_BYTES, segment.lengthBytes());
      while (bytes.position() < paddedEnd - offset) {
        bytes.put((byte) 0);
      }
      return bytes.flip();
    }
  }

  boolean isTooLarge(long recordBytes) {
    return recordBytes > bufferBytes;
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
    if (current != null) {
      full.add(current);
    }
    ByteBuffer bytes = free.isEmpty() ? allocate() : free.remove();
    filling = new Chunk(segment, segment.position(), bytes);
    return bytes;
  }

  boolean hasFree() {
    return !free.isEmpty() || allocated < BUFFERS;
  }

  private ByteBuffer allocate() {
    allocated++;
    return arena
        .allocate(bufferBytes + PAGE_BYTES, PAGE_BYTES)
        .asByteBuffer()
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Everything that is not written yet, in order. */
  List<Chunk> take() {
    List<Chunk> taken = new ArrayList<>(full);
    full.clear();
    if (filling != null) {
      taken.add(filling);
      filling = null;
    }
    return taken;
  }

  void giveBack(Chunk chunk) {
    free.add(chunk.bytes().clear());
  }
}
