package io.hydrant.client;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Decides how one page travels: zero, zstd or raw.
 *
 * <p>Not safe for use by two threads at once. Holds native memory once a page was compressed.
 */
final class PageEncoder implements AutoCloseable {
  /** Speed counts: level 1 makes typical memory pages about 3 times smaller at over 300 MB/s. */
  private static final int LEVEL = 1;

  private static final byte[] ZEROS = new byte[Regions.PAGE_BYTES_MAX];

  private final EncodingPolicy policy;
  private @Nullable ZstdCompressCtx zstd;
  private byte[] compressed = new byte[0];

  PageEncoder(EncodingPolicy policy) {
    this.policy = policy;
  }

  static boolean isZero(byte[] content, int offset, int length) {
    return Arrays.equals(content, offset, offset + length, ZEROS, 0, length);
  }

  /**
   * Compresses a page if the policy finds that worthwhile.
   *
   * @return length of the frame at the start of {@link #compressed}, or 0: send the page raw
   */
  int compress(byte[] content, int offset, int length) {
    int worthBytes = policy.encodedBytesMax(length);
    if (worthBytes < 0) {
      return 0;
    }
    ZstdCompressCtx context = context(length);
    int bytes =
        context.compressByteArray(compressed, 0, compressed.length, content, offset, length);
    return bytes <= worthBytes ? bytes : 0;
  }

  byte[] compressed() {
    return compressed;
  }

  private ZstdCompressCtx context(int pageBytes) {
    ZstdCompressCtx context = zstd;
    if (context == null) {
      context = new ZstdCompressCtx();
      // A receiver checks the frame's content size before it decodes; the page has its own
      // checksum.
      context.setLevel(LEVEL).setContentSize(true).setChecksum(false).setDictID(false);
      zstd = context;
    }
    int bound = (int) Zstd.compressBound(pageBytes);
    if (compressed.length < bound) {
      compressed = new byte[bound];
    }
    return context;
  }

  @Override
  public void close() {
    if (zstd != null) {
      zstd.close();
      zstd = null;
    }
  }
}
