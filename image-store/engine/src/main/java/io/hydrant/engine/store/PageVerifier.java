package io.hydrant.engine.store;

import io.hydrant.engine.codec.MalformedPageException;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import java.nio.ByteBuffer;

/**
 * Checks encoded pages against the protector's checksum, decoding where needed. One thread at a
 * time.
 */
final class PageVerifier {
  private final PageCodec codec;
  private final PageChecksum checksum = new PageChecksum();
  private ByteBuffer decoded = ByteBuffer.allocateDirect(4 << 10);

  PageVerifier(PageCodec codec) {
    this.codec = codec;
  }

  /**
   * What is wrong with an encoded page, in words, or an empty string.
   *
   * @param bytes holds the encoded page at {@code offset}; position and limit are changed
   */
  String check(
      int region,
      long page,
      int pageBytes,
      PageEncoding encoding,
      int expected,
      ByteBuffer bytes,
      int offset,
      int length) {
    bytes.limit(offset + length).position(offset);
    ByteBuffer content = bytes;
    if (encoding == PageEncoding.ZSTD) {
      if (decoded.capacity() < pageBytes) {
        decoded = ByteBuffer.allocateDirect(pageBytes);
      }
      decoded.clear().limit(pageBytes);
      try {
        codec.decodeZstd(bytes, decoded);
      } catch (MalformedPageException e) {
        return "it does not decode: " + e.getMessage();
      }
      content = decoded.flip();
    }
    int actual = checksum.of(region, page, content);
    return actual == expected
        ? ""
        : "its checksum is %08x where %08x was expected".formatted(actual, expected);
  }
}
