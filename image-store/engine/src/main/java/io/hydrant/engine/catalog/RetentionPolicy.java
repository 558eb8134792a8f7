package io.hydrant.engine.catalog;

import java.util.List;
import java.util.Optional;

/**
 * Which checkpoints of an image are kept by themselves: those that any of its parts keeps. {@link
 * RetentionPlan} says what that means at a time.
 *
 * @param keepLast the newest ones, whatever their age
 * @param keepForMillis all that are younger than this
 * @param tiers what is kept, thinner and thinner, of older ones; windows and spacings ascend
 */
public record RetentionPolicy(int keepLast, Optional<Long> keepForMillis, List<Tier> tiers) {
  public RetentionPolicy {
    tiers = List.copyOf(tiers);
    requireWithin(
        "the number of checkpoints to keep",
        keepLast,
        CatalogLimits.KEEP_LAST_MIN,
        CatalogLimits.KEEP_LAST_MAX);
    keepForMillis.ifPresent(millis ->
        requireWithin(
            "the age to keep, in milliseconds", millis, 1, CatalogLimits.RETENTION_MILLIS_MAX));
    requireWithin("the number of tiers", tiers.size(), 0, CatalogLimits.RETENTION_TIERS_MAX);
    requireAscending(tiers);
    requireWithin(
        "the number of checkpoints that the tiers keep together (window divided by spacing)",
        tiers.stream().mapToLong(Tier::slots).sum(),
        0,
        CatalogLimits.RETENTION_SLOTS_MAX);
  }

  /** Keeps by number alone. */
  public static RetentionPolicy last(int keepLast) {
    return new RetentionPolicy(keepLast, Optional.empty(), List.of());
  }

  /** Whether what it keeps changes as time goes by. */
  public boolean goesByAge() {
    return keepForMillis.isPresent() || !tiers.isEmpty();
  }

  /**
   * Of those younger than the window, one in each spacing. Time is cut into spacings from the Unix
   * epoch on, so that a checkpoint's slot never changes.
   */
  public record Tier(long windowMillis, long spacingMillis) {
    public Tier {
      requireWithin(
          "the window of a tier, in milliseconds",
          windowMillis,
          1,
          CatalogLimits.RETENTION_MILLIS_MAX);
      requireWithin(
          "the spacing of a tier, in milliseconds, which is at most its window,",
          spacingMillis,
          1,
          windowMillis);
    }

    /** In which spacing a time lies. */
    long slotOf(long millis) {
      return Math.floorDiv(millis, spacingMillis);
    }

    /** The most checkpoints that it keeps: a window begins and ends within a slot. */
    long slots() {
      return Math.ceilDiv(windowMillis, spacingMillis) + 1;
    }
  }

  private static void requireAscending(List<Tier> tiers) {
    for (int i = 1; i < tiers.size(); i++) {
      Tier wider = tiers.get(i);
      Tier tier = tiers.get(i - 1);
      if (wider.windowMillis() <= tier.windowMillis()
          || wider.spacingMillis() <= tier.spacingMillis()) {
        throw new IllegalArgumentException(
            "each tier must have a wider window and a wider spacing than the one before: one every %d ms for %d ms comes behind one every %d ms for %d ms"
                .formatted(
                    wider.spacingMillis(),
                    wider.windowMillis(),
                    tier.spacingMillis(),
                    tier.windowMillis()));
      }
    }
  }

  private static void requireWithin(String what, long actual, long min, long max) {
    if (actual < min || actual > max) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, not %d".formatted(what, min, max, actual));
    }
  }
}
