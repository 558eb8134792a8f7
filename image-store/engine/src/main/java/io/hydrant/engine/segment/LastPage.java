package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import java.nio.ByteBuffer;

/**
 * The page in which a segment's last record ends, as far as it is filled: whole pages are written,
 * so the next write begins with it.
 */
final class LastPage {
  private final ByteBuffer filled = ByteBuffer.allocate(StoreFile.PAGE_BYTES);

  /**
   * Bytes that go behind everything noted so far.
   *
   * @param bytes from position to limit; left as it is
   */
  void append(ByteBuffer bytes) {
    ByteBuffer rest = bytes.duplicate();
    int end = filled.position() + rest.remaining();
    int filledAtEnd = end % StoreFile.PAGE_BYTES;
    if (end >= StoreFile.PAGE_BYTES) {
      filled.clear();
      rest.position(rest.limit() - filledAtEnd);
    }
    filled.put(rest);
  }

  /** Puts the beginning of the page at the target's position. */
  void putInto(ByteBuffer target) {
    target.put(filled.duplicate().flip());
  }

  int bytes() {
    return filled.position();
  }
}
