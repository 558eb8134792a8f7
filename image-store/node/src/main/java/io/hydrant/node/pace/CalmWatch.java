package io.hydrant.node.pace;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * How long something urgent takes now, and how long it takes when nothing disturbs it: the least
 * second's mean of the last minutes. After the one-way delay of LEDBAT (RFC 6817, section 2.4.2),
 * whose least is taken for that of an idle path. Pure; safe for use by many threads.
 */
public final class CalmWatch {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  /** Of which the calmest counts. */
  private static final int SECONDS = 300;

  /** A second with less says little. */
  private static final int COUNT_MIN = 3;

  /** Mean of each second; 0: too few. */
  private final long[] means = new long[SECONDS];

  private long second = Long.MIN_VALUE;
  private long sum;
  private int count;

  /**
   * @param recentNanos mean of the last second, or how long the oldest waits that has not ended
   * @param calmNanos of the calmest second
   */
  public record Word(long recentNanos, long calmNanos) {
    /** Nothing urgent is done. */
    public static final Word NOTHING = new Word(0, 0);
  }

  /** One took so long. */
  public synchronized void took(long nanos, long nowNanos) {
    advance(nowNanos);
    sum += nanos;
    count++;
  }

  private void advance(long nowNanos) {
    long now = Math.floorDiv(nowNanos, SECOND);
    if (second == Long.MIN_VALUE) {
      second = now;
    }
    if (now - second > SECONDS) {
      Arrays.fill(means, 0);
      second = now - 1;
    }
    while (second < now) {
      means[index(second)] = count < COUNT_MIN ? 0 : sum / count;
      sum = 0;
      count = 0;
      second++;
      means[index(second)] = 0;
    }
  }

  private static int index(long second) {
    return (int) Math.floorMod(second, (long) SECONDS);
  }

  /**
   * What there is to say; {@link Word#NOTHING} if nothing is known of calm.
   *
   * @param waitingNanos how long the oldest waits that has not ended; 0: none waits
   */
  public synchronized Word word(long waitingNanos, long nowNanos) {
    advance(nowNanos);
    long calm = Long.MAX_VALUE;
    for (long mean : means) {
      calm = mean > 0 ? Math.min(calm, mean) : calm;
    }
    if (calm == Long.MAX_VALUE) {
      return Word.NOTHING;
    }
    long last = count >= COUNT_MIN ? sum / count : means[index(second - 1)];
    return new Word(Math.max(last, waitingNanos), calm);
  }
}
