package io.hydrant.node.scrub;

/** How fast to read. Pure; one thread. */
final class ScrubPace {
  /**
   * A scheduled pass is to be through well before the next one is due, whatever holds it up; and
   * what is found early is repaired early.
   */
  static final double SHARE_OF_PERIOD = 0.8;

  /** A small store is not worth spreading over a week. */
  static final long BYTES_PER_SECOND_MIN = 1 << 20;

  private static final double NANOS = 1e9;

  private final long bytesPerSecondMax;
  private long paidNanos;

  ScrubPace(long bytesPerSecondMax, long nowNanos) {
    this.bytesPerSecondMax = bytesPerSecondMax;
    this.paidNanos = nowNanos;
  }

  /**
   * The rate at which a pass is through in time.
   *
   * @param bytesLeft to be looked at
   * @param nanosLeft until it should be through; may be over
   */
  long rate(long bytesLeft, long nanosLeft) {
    double wanted = bytesLeft * NANOS / Math.max(nanosLeft, 1);
    return (long) Math.clamp(wanted, (double) BYTES_PER_SECOND_MIN, (double) bytesPerSecondMax);
  }

  long rateMax() {
    return bytesPerSecondMax;
  }

  /** How long not to read anything after so many bytes; no credit is kept for pauses. */
  long waitNanos(long bytes, long bytesPerSecond, long nowNanos) {
    paidNanos = Math.max(paidNanos, nowNanos) + (long) (NANOS * bytes / bytesPerSecond);
    return Math.max(0, paidNanos - nowNanos);
  }
}
