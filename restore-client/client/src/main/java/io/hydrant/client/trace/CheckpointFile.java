package io.hydrant.client.trace;

import com.github.luben.zstd.ZstdIOException;
import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one NNNN.zst. Arrays grow with what has really been decompressed (at most to twice of it),
 * up to the length that trace.json gives, so that a small lie costs little memory.
 */
final class CheckpointFile {
  private static final int FIRST_BYTES = 1 << 20;

  private final String file;
  private final TraceEntry entry;
  private final long memoryPages;
  private final InputStream in;
  private long offset;

  private CheckpointFile(String file, TraceEntry entry, long memoryPages, InputStream in) {
    this.file = file;
    this.entry = entry;
    this.memoryPages = memoryPages;
    this.in = in;
  }

  /**
   * @param compressed closed at the end
   */
  static TraceCheckpoint read(
      String file, TraceEntry entry, long memoryPages, InputStream compressed) throws IOException {
    try (InputStream raw = compressed;
        InputStream in = new BufferedInputStream(new ZstdInputStream(raw), 64 << 10)) {
      CheckpointFile reader = new CheckpointFile(file, entry, memoryPages, in);
      try {
        return reader.checkpoint();
      } catch (ZstdIOException e) {
        throw reader.error("the zstd data is broken: " + e.getMessage(), e);
      }
    }
  }

  private TraceCheckpoint checkpoint() throws IOException {
    int count = count("page count", entry.pageCount());
    long[] pages = pages(count);
    byte[] content = bytes("page content", count * Trace.PAGE_BYTES);
    int slimBytes = count("length of the slim state", entry.slimBytes());
    byte[] slim = bytes("slim state", slimBytes);
    if (in.read() >= 0) {
      throw error("there are bytes behind the slim state", null);
    }
    return new TraceCheckpoint(
        entry.number(),
        pages,
        content,
        slim,
        entry.sha256(),
        entry.atMillis(),
        entry.pauseMillis());
  }

  private long[] pages(int count) throws IOException {
    ByteBuffer numbers =
        ByteBuffer.wrap(bytes("page numbers", count * Integer.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    long[] pages = new long[count];
    for (int i = 0; i < count; i++) {
      pages[i] = Integer.toUnsignedLong(numbers.getInt());
      if (pages[i] >= memoryPages) {
        throw error(
            "page %d lies beyond the memory of %d pages".formatted(pages[i], memoryPages), null);
      }
      if (i > 0 && pages[i] <= pages[i - 1]) {
        throw error("page %d does not ascend after %d".formatted(pages[i], pages[i - 1]), null);
      }
    }
    return pages;
  }

  private int count(String what, int expected) throws IOException {
    int value = ByteBuffer.wrap(bytes(what, 4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (value != expected) {
      throw error(
          "the %s is %d, trace.json says %d"
              .formatted(what, Integer.toUnsignedLong(value), expected),
          null);
    }
    return value;
  }

  private byte[] bytes(String what, int length) throws IOException {
    byte[] bytes = new byte[Math.min(length, FIRST_BYTES)];
    int filled = 0;
    while (true) {
      int read = in.readNBytes(bytes, filled, bytes.length - filled);
      filled += read;
      offset += read;
      if (filled == length) {
        return bytes;
      }
      if (filled < bytes.length) {
        throw error(
            "it ends within the %s, %d bytes too early".formatted(what, length - filled), null);
      }
      bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
    }
  }

  private MalformedTraceException error(String why, @Nullable Throwable cause) {
    return new MalformedTraceException(file, offset, why, cause);
  }
}
