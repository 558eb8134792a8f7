package io.hydrant.node.pace;

/**
 * How fast work of a low class may move bytes. They are known only when they have been moved, so a
 * step is paid for after it: whoever made it waits until it is. Pure; safe for use by many threads.
 */
public final class BytePace {
  /** What may come at once after a pause. */
  private static final double BURST_SECONDS = 0.25;

  private static final double NANOS = 1e9;

  private final double bytesPerSecond;
  private long paidNanos;

  /**
   * @param nowNanos the clock with which it is asked
   */
  public BytePace(long bytesPerSecond, long nowNanos) {
    this.bytesPerSecond = bytesPerSecond;
    this.paidNanos = nowNanos;
  }

  /** So much need not be waited for any more. */
  public synchronized void forgive(long nanos) {
    paidNanos -= nanos;
  }

  /**
   * @param bytes that were moved
   * @param busy what is urgent waits at this replica: half of the rate is left to it
   * @return how long not to go on, 0 if at once
   */
  public synchronized long waitNanos(long bytes, boolean busy, long nowNanos) {
    long burst = (long) (BURST_SECONDS * NANOS);
    if (paidNanos - nowNanos < -burst) {
      paidNanos = nowNanos - burst;
    }
    paidNanos += (long) (NANOS * bytes / (busy ? bytesPerSecond / 2 : bytesPerSecond));
    return Math.max(0, paidNanos - nowNanos);
  }
}
