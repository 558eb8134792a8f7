package io.hydrant.node.config;

import java.time.Duration;

/**
 * How a replica verifies what it has.
 *
 * @param period in which everything is verified once; zero: only when it is asked for
 * @param bytesPerSecondMax read for it at most
 */
public record ScrubConfig(Duration period, long bytesPerSecondMax) {
  private static final Duration PERIOD_MIN = Duration.ofMinutes(1);
  private static final Duration PERIOD_MAX = Duration.ofDays(365);

  public ScrubConfig {
    if (!period.isZero()
        && (period.compareTo(PERIOD_MIN) < 0 || period.compareTo(PERIOD_MAX) > 0)) {
      throw new IllegalArgumentException(
          "scrub.period must be 0 or 1m to 365d, not %d s".formatted(period.toSeconds()));
    }
    Ranges.check("scrub.bytes-per-second-max", bytesPerSecondMax, 1 << 20, 1L << 40);
  }
}
