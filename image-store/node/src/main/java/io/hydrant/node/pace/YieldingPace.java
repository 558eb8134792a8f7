package io.hydrant.node.pace;

import java.util.concurrent.TimeUnit;

/**
 * The pace of work that stands back for what is urgent elsewhere: its share of the rate falls by a
 * part whenever that takes much longer than in calm, and rises step by step while it does not
 * (additive increase, multiplicative decrease: Chiu and Jain, 1989). It never ends: what is
 * repaired may be somebody's only second copy. Pure; safe for use by many threads.
 */
public final class YieldingPace {
  private static final double SHARE_MIN = 1.0 / 16;
  private static final double SHARE_FIRST = 1.0 / 4;
  private static final double DOWN = 0.6;
  private static final double UP = 1.0 / 32;

  /** Twice as long as in calm, and some more where calm is next to nothing. */
  private static final int CALM_TIMES = 2;

  private static final long SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  /** Between two changes: what the last one did must show first. */
  private static final long CHANGE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Who says nothing for so long does nothing that could be disturbed. */
  private static final long SILENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private final BytePace pace;
  private double share = SHARE_FIRST;
  private long changedNanos;
  private long heardNanos;

  /**
   * @param bytesPerSecond if nothing is disturbed
   */
  public YieldingPace(long bytesPerSecond, long nowNanos) {
    this.pace = new BytePace(bytesPerSecond, nowNanos);
    this.changedNanos = nowNanos;
    this.heardNanos = nowNanos;
  }

  /** How long what is urgent takes. */
  public synchronized void heard(CalmWatch.Word word, long nowNanos) {
    heardNanos = nowNanos;
    if (nowNanos - changedNanos < CHANGE_NANOS) {
      return;
    }
    changedNanos = nowNanos;
    boolean disturbed = word.recentNanos() > CALM_TIMES * word.calmNanos() + SLACK_NANOS;
    share = disturbed ? Math.max(SHARE_MIN, share * DOWN) : Math.min(1, share + UP);
  }

  /** Of the rate. */
  synchronized double share(long nowNanos) {
    return nowNanos - heardNanos > SILENCE_NANOS ? 1 : share;
  }

  /** As {@link BytePace#waitNanos}. */
  public long waitNanos(long bytes, boolean busy, long nowNanos) {
    return pace.waitNanos((long) (bytes / share(nowNanos)), busy, nowNanos);
  }
}
