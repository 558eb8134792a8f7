package io.hydrant.node.peer;

/**
 * How fast may be fetched. Bytes are known only when they are here, so a step is paid for after it:
 * whoever made it waits until it is. Pure; safe for use by many threads.
 */
final class RepairPace {
  /** What may come at once after a pause. */
  private static final double BURST_SECONDS = 0.25;

  private static final double NANOS = 1e9;

  private final double bytesPerSecond;
  private long paidNanos;

  /**
   * @param nowNanos the clock with which it is asked
   */
  RepairPace(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = bytesPerSecond;
    this.paidNanos = nowNanos;
  }

  /**
   * @param bytes that were fetched
   * @param busy what is urgent waits at this replica: half of the rate is left to it
   * @return how long not to fetch anything, 0 if at once
   */
  synchronized long waitNanos(long bytes, boolean busy, long nowNanos) {
    long burst = (long) (BURST_SECONDS * NANOS);
    if (paidNanos - nowNanos < -burst) {
      paidNanos = nowNanos - burst;
    }
    paidNanos += (long) (NANOS * bytes / (busy ? bytesPerSecond / 2 : bytesPerSecond));
    return Math.max(0, paidNanos - nowNanos);
  }
}
