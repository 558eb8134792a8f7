package io.hydrant.client.trace;

import java.nio.ByteBuffer;

/**
 * One checkpoint's pages and slim state.
 *
 * @param number its place in the trace
 * @param pages page numbers, ascending
 * @param content the pages one after the other, 4,096 bytes each
 * @param slim the device state, opaque here
 * @param sha256 64 hexadecimal digits: the whole memory after this checkpoint
 * @param atMillis when it was taken, since the first
 * @param pauseMillis how long the guest stood still for it
 */
public record TraceCheckpoint(
    int number,
    long[] pages,
    byte[] content,
    byte[] slim,
    String sha256,
    long atMillis,
    double pauseMillis) {
  /** The content of the page in a row, read-only. */
  public ByteBuffer page(int row) {
    return ByteBuffer.wrap(content, row * Trace.PAGE_BYTES, Trace.PAGE_BYTES)
        .slice()
        .asReadOnlyBuffer();
  }
}
