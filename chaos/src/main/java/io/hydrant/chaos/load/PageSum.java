package io.hydrant.chaos.load;

import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;

/**
 * A sum over a memory's pages that is kept up to date page by page, in any order: so the content of
 * every checkpoint has a name, at the cost of its changes. A page of zeros counts nothing, whether
 * it was written or never touched.
 *
 * <p>Not safe for use by two threads at once.
 */
final class PageSum {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private final CRC32C crc32c = new CRC32C();
  private final CRC32 crc32 = new CRC32();

  /**
   * What a page adds to the sum.
   *
   * @param content from position to limit; unchanged
   */
  long of(long page, ByteBuffer content) {
    if (isZero(content)) {
      return 0;
    }
    crc32c.reset();
    crc32c.update(content.duplicate());
    crc32.reset();
    crc32.update(content.duplicate());
    // Two polynomials, so that 64 bits tell pages apart.
    return mix((crc32c.getValue() << 32 | crc32.getValue()) ^ mix((page + 1) * GOLDEN));
  }

  private static boolean isZero(ByteBuffer content) {
    for (int at = content.position(); at < content.limit(); at++) {
      if (content.get(at) != 0) {
        return false;
      }
    }
    return true;
  }

  private static long mix(long value) {
    long mixed = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ (mixed >>> 27)) * 0x94D049BB133111EBL;
    return mixed ^ (mixed >>> 31);
  }

  /** The name of a memory with its slim state. */
  static String name(long sum, byte[] slim) {
    CRC32C slimSum = new CRC32C();
    slimSum.update(slim);
    return "%016x.%08x".formatted(sum, slimSum.getValue());
  }
}
