package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.model.Address;

/**
 * @param segmentBytes length of a segment file; 1 MiB granularity; records never span segments
 * @param bufferBytes size of one append buffer; there are two or three, so that appending goes on
 *     during a sync
 * @param reserveBytes space on the device that ingest must leave for the Raft log, the index and
 *     the cleaner, which may take half of it, or three segments, and leaves one
 * @param sparesMax dead segment files kept for recycling instead of being deleted
 */
public record SegmentLogConfig(
    int segmentBytes, int bufferBytes, long reserveBytes, int sparesMax) {
  /** Segments whose survivors are copied before the first of their files comes back. */
  private static final int CLEANED = 3;

  public static final SegmentLogConfig DEFAULT =
      new SegmentLogConfig(64 << 20, 4 << 20, 512L << 20, 64);

  public SegmentLogConfig {
    if (segmentBytes < 1 << 16
        || segmentBytes > 1 << 30
        || segmentBytes % StoreFile.PAGE_BYTES != 0) {
      throw new IllegalArgumentException(
          "segmentBytes must be 64 KiB to 1 GiB, and whole pages of 4 KiB: " + segmentBytes);
    }
    if (bufferBytes < 1 << 12 || reserveBytes < 0 || sparesMax < 0) {
      throw new IllegalArgumentException("bufferBytes, reserveBytes or sparesMax out of range");
    }
  }

  /** Space on the device that an append of this use must leave. */
  long leftBytes(AppendUse use) {
    return switch (use) {
      case INGEST -> reserveBytes;
      case CLEANING -> {
        long wanted = Math.max(reserveBytes / 2, (long) CLEANED * segmentBytes);
        // A restart needs a segment, whatever else happens.
        yield Math.max(Math.min(reserveBytes, segmentBytes), reserveBytes - wanted);
      }
    };
  }

  /** Log bytes between two packed addresses, headers and unused ends of segments included. */
  public long bytesBetween(long fromPacked, long toPacked) {
    Address from = Address.ofPacked(fromPacked);
    Address to = Address.ofPacked(toPacked);
    return (long) (to.segment() - from.segment()) * segmentBytes + to.offset() - from.offset();
  }
}
