package io.hydrant.client.trace;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A machine's memory, to begin with all zeros: checkpoints or restored pages are put into it, and
 * its SHA-256 is compared with the trace's. Memory that was never written takes no space.
 *
 * <p>Not safe for use by two threads at once, except that different 8 MiB slices may be written by
 * different threads.
 */
public final class MemoryImage {
  private static final int SLICE_BYTES = 8 << 20;
  private static final int ZEROS_BYTES = 64 << 10;
  private static final byte[] ZEROS = new byte[ZEROS_BYTES];

  private final long bytes;
  private final byte[] @Nullable [] slices;

  /**
   * @param bytes a positive multiple of {@link Trace#PAGE_BYTES}
   */
  public MemoryImage(long bytes) {
    if (bytes <= 0 || bytes % Trace.PAGE_BYTES != 0 || bytes > TraceManifest.MEMORY_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a memory image has a positive multiple of %d bytes up to %d, not %d"
              .formatted(Trace.PAGE_BYTES, TraceManifest.MEMORY_BYTES_MAX, bytes));
    }
    this.bytes = bytes;
    this.slices = new byte[(int) ((bytes + SLICE_BYTES - 1) / SLICE_BYTES)][];
  }

  public long bytes() {
    return bytes;
  }

  public long pages() {
    return bytes / Trace.PAGE_BYTES;
  }

  /** Puts a checkpoint's pages in. */
  public void apply(TraceCheckpoint checkpoint) {
    long[] pages = checkpoint.pages();
    for (int row = 0; row < pages.length; row++) {
      int offset = row * Trace.PAGE_BYTES;
      put(pages[row], ByteBuffer.wrap(checkpoint.content(), offset, Trace.PAGE_BYTES));
    }
  }

  /**
   * Puts consecutive pages in.
   *
   * @param content whole pages, from position to limit; its position moves to the limit
   */
  public void put(long firstPage, ByteBuffer content) {
    requirePages(firstPage, content.remaining() / Trace.PAGE_BYTES);
    long at = firstPage * Trace.PAGE_BYTES;
    while (content.hasRemaining()) {
      int index = (int) (at / SLICE_BYTES);
      int start = (int) (at % SLICE_BYTES);
      int length = Math.min(content.remaining(), SLICE_BYTES - start);
      byte[] slice = slices[index];
      if (slice == null) {
        slice = new byte[(int) Math.min(SLICE_BYTES, bytes - (long) index * SLICE_BYTES)];
        slices[index] = slice;
      }
      content.get(slice, start, length);
      at += length;
    }
  }

  /** The content of a page, read-only; it changes as pages are put in. */
  public ByteBuffer page(long page) {
    requirePages(page, 1);
    long at = page * Trace.PAGE_BYTES;
    byte[] slice = slices[(int) (at / SLICE_BYTES)];
    return slice == null
        ? ByteBuffer.wrap(ZEROS, 0, Trace.PAGE_BYTES).slice().asReadOnlyBuffer()
        : ByteBuffer.wrap(slice, (int) (at % SLICE_BYTES), Trace.PAGE_BYTES)
            .slice()
            .asReadOnlyBuffer();
  }

  /** 64 hexadecimal digits over all bytes. */
  public String sha256() {
    MessageDigest sha = newSha256();
    for (int index = 0; index < slices.length; index++) {
      byte[] slice = slices[index];
      if (slice != null) {
        sha.update(slice);
        continue;
      }
      long left = Math.min(SLICE_BYTES, bytes - (long) index * SLICE_BYTES);
      for (; left > 0; left -= ZEROS_BYTES) {
        sha.update(ZEROS, 0, (int) Math.min(left, ZEROS_BYTES));
      }
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  private void requirePages(long firstPage, long count) {
    if (firstPage < 0 || firstPage > pages() - count) {
      throw new IllegalArgumentException(
          "the memory has pages 0 to %d; %d from page %d are not among them"
              .formatted(pages() - 1, count, firstPage));
    }
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
