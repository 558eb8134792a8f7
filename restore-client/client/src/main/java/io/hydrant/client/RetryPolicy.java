package io.hydrant.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Exponential backoff with full jitter: attempt n (from 1) is repeated after a time drawn evenly
 * from half to the whole of {@code min(first * 2^(n-1), longest)}. A call's deadline bounds it as
 * well.
 *
 * @param attemptsMax tries in all, at least 1
 * @param first shortest step, at least 1 ms
 * @param longest longest step, at most 1 minute
 */
public record RetryPolicy(int attemptsMax, Duration first, Duration longest) {
  /** Also keeps the doubling below within a long. */
  private static final Duration LONGEST_MAX = Duration.ofMinutes(1);

  /** Rides out a server's restart: about 40 tries within the first 30 seconds. */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(100, Duration.ofMillis(10), Duration.ofSeconds(1));

  public static final RetryPolicy NONE =
      new RetryPolicy(1, Duration.ofMillis(1), Duration.ofMillis(1));

  private static final int DOUBLINGS_MAX = 20;

  public RetryPolicy {
    if (attemptsMax < 1) {
      throw new IllegalArgumentException("attemptsMax must be at least 1, not " + attemptsMax);
    }
    if (first.toMillis() < 1
        || longest.compareTo(first) < 0
        || longest.compareTo(LONGEST_MAX) > 0) {
      throw new IllegalArgumentException(
          "backoff must lie between 1 ms and %s and not shrink: first %s, longest %s"
              .formatted(LONGEST_MAX, first, longest));
    }
  }

  /** Nanoseconds to wait after the given attempt, from 1. */
  long pauseNanos(int attempt, RandomGenerator random) {
    int doublings = Math.min(attempt - 1, DOUBLINGS_MAX);
    long step = Math.min(first.toNanos() << doublings, longest.toNanos());
    return step / 2 + random.nextLong(step / 2 + 1);
  }
}
