package io.hydrant.client;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import com.google.protobuf.ByteOutput;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.hydrant.v1.PageEncoding;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decodes the pages of a message and checks each against its protector's checksum; nothing leaves
 * it unchecked.
 *
 * <p>Not safe for use by two threads at once. Holds native memory once a page was decompressed.
 */
final class PageVerifier implements AutoCloseable {
  private static final byte[] NOTHING = new byte[0];

  /**
   * Decoded pages stand side by side in arrays of this size, so that runs of them can be joined.
   */
  private static final int DECODED_BYTES = 256 << 10;

  private final PageChecksum pageChecksum = new PageChecksum();
  private @Nullable ZstdDecompressCtx zstd;
  private byte[] decoded = NOTHING;
  private int decodedPosition;

  /** Takes the rows of a message, in order. Arrays handed to it are not written to again. */
  interface Rows {
    /** Before anything of the row is looked at; throws if this page must not come here. */
    void expect(int row, long page);

    void content(long page, byte[] array, int offset) throws IOException;

    void zero(long page) throws IOException;

    void notKept(long page) throws IOException;
  }

  /**
   * @param source names the image and checkpoint for messages
   * @throws DamagedPageException if a page fails its check; rows before it were handed out
   * @throws ProtocolViolationException if the message is not what the API says
   * @throws IOException from {@code rows}
   */
  void check(String source, Pages message, int region, Region spec, Rows rows) throws IOException {
    int count = requireColumns(source, message, region);
    boolean hasLengths = message.getLengthCount() > 0;
    ByteString encodings = message.getEncoding();
    byte[] data = arrayOf(message.getData());
    int dataOffset = arrayOffset;
    int used = 0;
    for (int row = 0; row < count; row++) {
      long page = message.getPage(row);
      rows.expect(row, page);
      int encoding = encodings.byteAt(row);
      int length = hasLengths ? message.getLength(row) : defaultLength(encoding, spec);
      if (length < 0 || length > message.getData().size() - used) {
        throw violation(source, region, page, "its data ends beyond the message");
      }
      switch (encoding) {
        case PageEncoding.PAGE_ENCODING_RAW_VALUE -> {
          if (length != spec.getPageBytes()) {
            throw violation(source, region, page, "raw with " + length + " bytes");
          }
          verify(source, region, page, message.getChecksum(row), data, dataOffset + used, length);
          rows.content(page, data, dataOffset + used);
        }
        case PageEncoding.PAGE_ENCODING_ZSTD_VALUE -> {
          if (!hasLengths) {
            throw violation(source, region, page, "zstd without a length");
          }
          int offset = decode(source, region, page, data, dataOffset + used, length, spec);
          int pageBytes = spec.getPageBytes();
          verify(source, region, page, message.getChecksum(row), decoded, offset, pageBytes);
          rows.content(page, decoded, offset);
        }
        case PageEncoding.PAGE_ENCODING_ZERO_VALUE -> {
          requireEmpty(source, region, page, length, message.getChecksum(row));
          rows.zero(page);
        }
        case PageEncoding.PAGE_ENCODING_NOT_KEPT_VALUE -> {
          requireEmpty(source, region, page, length, message.getChecksum(row));
          rows.notKept(page);
        }
        default -> throw violation(source, region, page, "page encoding " + encoding);
      }
      used += length;
    }
    if (used != message.getData().size()) {
      throw new ProtocolViolationException(
          "%s: the server sent %d bytes for pages that have %d"
              .formatted(source, message.getData().size(), used),
          null);
    }
  }

  private static int requireColumns(String source, Pages message, int region) {
    int count = message.getPageCount();
    int lengths = message.getLengthCount();
    if (message.getRegion() != region
        || message.getEncoding().size() != count
        || message.getChecksumCount() != count
        || (lengths != 0 && lengths != count)) {
      throw new ProtocolViolationException(
          "%s: the server sent %d pages of region %d (asked for: %d) with %d encodings, %d lengths and %d checksums"
              .formatted(
                  source,
                  count,
                  message.getRegion(),
                  region,
                  message.getEncoding().size(),
                  lengths,
                  message.getChecksumCount()),
          null);
    }
    return count;
  }

  private static int defaultLength(int encoding, Region spec) {
    return encoding == PageEncoding.PAGE_ENCODING_RAW_VALUE ? spec.getPageBytes() : 0;
  }

  private static void requireEmpty(String source, int region, long page, int length, int checksum) {
    if (length != 0 || checksum != 0) {
      throw violation(source, region, page, "without content but with bytes or a checksum");
    }
  }

  private void verify(
      String source, int region, long page, int expected, byte[] array, int offset, int length) {
    int actual = pageChecksum.of(region, page, array, offset, length);
    if (actual != expected) {
      throw new DamagedPageException(
          "%s: page %d of region %d fails its checksum (expected %08x, got %08x) and was refused; restore another checkpoint, or from another copy"
              .formatted(source, page, region, expected, actual),
          null);
    }
  }

  /** Offset of the decoded page in {@link #decoded}. */
  private int decode(
      String source, int region, long page, byte[] data, int offset, int length, Region spec) {
    int pageBytes = spec.getPageBytes();
    if (decoded.length - decodedPosition < pageBytes) {
      decoded = new byte[Math.max(DECODED_BYTES, pageBytes)];
      decodedPosition = 0;
    }
    ZstdDecompressCtx context = zstd;
    if (context == null) {
      context = new ZstdDecompressCtx();
      zstd = context;
    }
    int start = decodedPosition;
    String why;
    @Nullable Throwable cause = null;
    try {
      int bytes = context.decompressByteArray(decoded, start, pageBytes, data, offset, length);
      if (bytes == pageBytes) {
        decodedPosition += pageBytes;
        return start;
      }
      why = "holds " + bytes + " bytes";
    } catch (ZstdException e) {
      why = String.valueOf(e.getMessage());
      cause = e;
    }
    throw new DamagedPageException(
        "%s: page %d of region %d cannot be decompressed (%s) and was refused; restore another checkpoint, or from another copy"
            .formatted(source, page, region, why),
        cause);
  }

  private static ProtocolViolationException violation(
      String source, int region, long page, String what) {
    return new ProtocolViolationException(
        "%s: the server sent page %d of region %d in a form that the API does not have: %s"
            .formatted(source, page, region, what),
        null);
  }

  // ---- the array behind a ByteString, without copying it ----

  private byte[] array = NOTHING;
  private int arrayOffset;

  private byte[] arrayOf(ByteString bytes) throws IOException {
    array = NOTHING;
    arrayOffset = 0;
    UnsafeByteOperations.unsafeWriteTo(bytes, new Capture());
    byte[] found = array;
    array = NOTHING;
    return found;
  }

  private final class Capture extends ByteOutput {
    @Override
    public void write(byte value) {
      throw new IllegalStateException("bytes come in one array");
    }

    @Override
    public void write(byte[] value, int offset, int length) {
      writeLazy(value, offset, length);
    }

    @Override
    public void writeLazy(byte[] value, int offset, int length) {
      if (array.length > 0) {
        throw new IllegalStateException("bytes come in one array");
      }
      array = value;
      arrayOffset = offset;
    }

    @Override
    public void write(ByteBuffer value) {
      writeLazy(value);
    }

    @Override
    public void writeLazy(ByteBuffer value) {
      byte[] copy = new byte[value.remaining()];
      value.get(copy);
      writeLazy(copy, 0, copy.length);
    }
  }

  @Override
  public void close() {
    if (zstd != null) {
      zstd.close();
      zstd = null;
    }
  }
}
