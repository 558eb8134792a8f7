package io.hydrant.bench.cadence;

import io.hydrant.bench.measure.Latencies;
import java.time.Duration;

/**
 * What became of moments that were due one interval after the other. A moment is missed if its work
 * ended later than one interval after it was due, or not at all. For one thread at a time.
 */
public final class Cadence {
  private final long intervalNanos;
  private final Latencies latencies = new Latencies();
  private int due;
  private int missed;
  private int run;
  private int longestRun;

  public Cadence(Duration interval) {
    this.intervalNanos = interval.toNanos();
  }

  /**
   * The next moment's work ended.
   *
   * @param nanos after it was due
   */
  public void ended(long nanos) {
    latencies.add(nanos);
    count(nanos > intervalNanos);
  }

  /** The next moment's work never ended. */
  public void failed() {
    count(true);
  }

  private void count(boolean isMissed) {
    due++;
    if (isMissed) {
      missed++;
      longestRun = Math.max(longestRun, ++run);
    } else {
      run = 0;
    }
  }

  public int due() {
    return due;
  }

  /** Moments whose work ended, late or not. */
  public int ended() {
    return latencies.count();
  }

  public double missedPercent() {
    return 100.0 * missed / due;
  }

  /** Most that were missed one after the other. */
  public int longestRun() {
    return longestRun;
  }

  public double millis(double percent) {
    return latencies.percentileMillis(percent);
  }
}
