package io.hydrant.engine.clean;

import java.util.List;

/**
 * The segments of one replica at one moment.
 *
 * @param cleanable those that may be cleaned, in any order; dead ones are not among them
 * @param allocatedBytes of all segment files but spares
 * @param liveBytes what page maps and slim rows point to
 * @param deadBytes of files that the next flush gives back: nothing points to them
 * @param roomBytes what can be appended before ingest is refused
 */
public record SegmentsInUse(
    List<SegmentUse> cleanable,
    long allocatedBytes,
    long liveBytes,
    long deadBytes,
    long roomBytes) {
  public SegmentsInUse {
    cleanable = List.copyOf(cleanable);
  }

  /** Bytes that will be there once dead segments are given back. */
  public long heldBytes() {
    return allocatedBytes - deadBytes;
  }
}
