package io.hydrant.engine.replica;

import java.util.Collection;

/**
 * Whether a clock is to be trusted (PROTOCOL R21): a leader whose clock is far from its group's
 * median proposes nothing by age.
 */
public final class ClockCheck {
  /** Far more than clocks that are kept in time differ, and less than any lease. */
  public static final long OFF_MILLIS_MAX = 5_000;

  private ClockCheck() {}

  /**
   * How far a clock is ahead of the median of its group; negative: behind.
   *
   * @param aheadMillis the clocks of all voters that were heard of lately, that one's included,
   *     against any common clock
   * @param ofMillis that clock, against the same
   * @return 0 if nobody else was heard of: then there is nothing to compare with
   */
  public static long offMillis(long ofMillis, Collection<Long> aheadMillis) {
    long[] sorted = aheadMillis.stream().mapToLong(Long::longValue).sorted().toArray();
    if (sorted.length < 2) {
      return 0;
    }
    int middle = sorted.length / 2;
    // Of two, the mean: neither is right because it is the greater.
    long median =
        sorted.length % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2;
    return ofMillis - median;
  }

  public static boolean isOff(long offMillis) {
    return Math.abs(offMillis) > OFF_MILLIS_MAX;
  }
}
