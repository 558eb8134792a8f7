package io.hydrant.node.housekeeping;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.replica.ClockCheck;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * As of when a leader retires by age: the catalog time that the entry will have, which is the
 * greater one of its own clock and of catalog time so far; so an image that nobody writes to grows
 * old as well.
 *
 * <p>What is retired is gone, so the time is not known while there is a doubt (PROTOCOL R21):
 *
 * <ul>
 *   <li>this clock is far off its group's;
 *   <li>it has just jumped, or this process has just begun: the others will say within seconds
 *       whether it is off;
 *   <li>catalog time is far ahead of it. It never goes back, so a former leader's clock was wrong,
 *       and all that was committed before looks older by as much.
 * </ul>
 *
 * <p>One thread.
 */
final class RetirementTime {
  /** The others are heard of several times a second. */
  private static final long FRESH_NANOS = Duration.ofSeconds(10).toNanos();

  private static final Logger LOG = LoggerFactory.getLogger(RetirementTime.class);

  private final Catalog catalog;
  private final Housekeeping.Time time;
  private long seenNanos;
  private long seenMillis;
  private boolean fresh = true;
  private long freshNanos;
  private boolean catalogAhead;

  RetirementTime(Catalog catalog, Housekeeping.Time time) {
    this.catalog = catalog;
    this.time = time;
    this.seenNanos = time.nanoTime().getAsLong();
    this.seenMillis = time.wallMillis().getAsLong();
    this.freshNanos = seenNanos;
  }

  /**
   * Milliseconds since the Unix epoch; empty: not known.
   *
   * @param clockGood whether this node's clock agrees with its group's
   */
  OptionalLong now(boolean clockGood) {
    long wallMillis = time.wallMillis().getAsLong();
    long catalogMillis = catalog.catalogMillis();
    boolean unproven = isFresh(wallMillis);
    boolean ahead = isAhead(catalogMillis - wallMillis);
    return clockGood && !unproven && !ahead
        ? OptionalLong.of(Math.max(wallMillis, catalogMillis))
        : OptionalLong.empty();
  }

  private boolean isFresh(long wallMillis) {
    long nanos = time.nanoTime().getAsLong();
    long jump = wallMillis - seenMillis - TimeUnit.NANOSECONDS.toMillis(nanos - seenNanos);
    seenNanos = nanos;
    seenMillis = wallMillis;
    if (ClockCheck.isOff(jump)) {
      LOG.warn("this node's clock jumped by {} ms: nothing is retired by age for a while", jump);
      fresh = true;
      freshNanos = nanos;
    }
    fresh = fresh && nanos - freshNanos < FRESH_NANOS;
    return fresh;
  }

  private boolean isAhead(long millis) {
    boolean ahead = millis > ClockCheck.OFF_MILLIS_MAX;
    if (ahead && !catalogAhead) {
      LOG.warn(
          "catalog time is {} ms ahead of this leader's clock: nothing is retired by age until that gets there",
          millis);
    }
    catalogAhead = ahead;
    return ahead;
  }
}
