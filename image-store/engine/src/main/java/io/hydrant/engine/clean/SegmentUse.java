package io.hydrant.engine.clean;

/**
 * A sealed segment that may be cleaned: nothing in it is staged, and nothing is about to be pointed
 * to.
 *
 * @param bytes that its file takes
 * @param live of them, page maps and slim rows point to
 * @param age segments that were begun after it: what is live in it has been so since
 */
public record SegmentUse(int segment, long bytes, long live, long age) {
  public SegmentUse {
    if (bytes <= 0 || live < 0 || age < 0) {
      throw new IllegalArgumentException(
          "segment %d: %d of %d bytes live, age %d".formatted(segment, live, bytes, age));
    }
  }

  /** Part of it that is live. */
  public double utilisation() {
    return Math.min(1, (double) live / bytes);
  }

  /**
   * What cleaning it is worth: space that is gained and the time for which it stays gained, by what
   * is read and written again. (Rosenblum and Ousterhout, The Design and Implementation of a
   * Log-Structured File System, 3.5: reading the whole segment costs 1, writing what is live u. The
   * age is that of the segment's records, in segments.)
   */
  public double benefit() {
    double u = utilisation();
    return (1 - u) * age / (1 + u);
  }
}
