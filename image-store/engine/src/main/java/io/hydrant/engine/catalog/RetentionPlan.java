package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which checkpoints of an image its retention lets go: what a leader proposes to retire. Pure: the
 * time is given.
 *
 * <p>Kept is what any of these keeps:
 *
 * <ul>
 *   <li>it is the head, pinned by a session, or named;
 *   <li>it is one of the newest {@link RetentionPolicy#keepLast};
 *   <li>it is younger than {@link RetentionPolicy#keepForMillis}, and one of the newest {@link
 *       CatalogLimits#KEEP_FOR_CHECKPOINTS_MAX};
 *   <li>of a tier: it is younger than the window, and the oldest that is retained in its slot.
 * </ul>
 *
 * <p>Slots are aligned to absolute time and the oldest of a slot stays the oldest, so what is let
 * go at one time is never missed at a later one, however often and late one looks. Commit times
 * ascend with ids, because catalog time never goes back.
 */
public final class RetentionPlan {
  private RetentionPlan() {}

  /**
   * What is let go at a time, oldest first.
   *
   * @param nowMillis catalog time as of the entry that will retire them
   */
  public static List<CheckpointId> retirable(
      ImageState image, RetentionPolicy policy, long nowMillis) {
    int count = image.committed().size();
    int beyondLast = count - policy.keepLast();
    if (beyondLast <= 0) {
      return List.of();
    }
    Set<CheckpointId> held = held(image);
    TierSlots slots = new TierSlots(policy.tiers(), nowMillis);
    List<CheckpointId> retirable = new ArrayList<>();
    int newer = count;
    for (CheckpointInfo info : image.committed().values()) {
      newer--;
      if (newer < policy.keepLast()) {
        break;
      }
      long committedMillis = info.commit().orElseThrow().committedMillis();
      boolean young =
          newer < CatalogLimits.KEEP_FOR_CHECKPOINTS_MAX
              && isYounger(policy.keepForMillis(), nowMillis - committedMillis);
      // Every tier sees every checkpoint, whoever keeps it.
      boolean kept = slots.keep(committedMillis) | young | held.contains(info.id());
      if (!kept) {
        retirable.add(info.id());
      }
    }
    return retirable;
  }

  /**
   * What is let go though the time is not known: nothing for its age. Of an image that goes by age
   * that is what no time would keep, so that it stays bounded.
   */
  public static List<CheckpointId> retirableByNumber(ImageState image, RetentionPolicy policy) {
    RetentionPolicy ageless =
        policy.goesByAge()
            ? new RetentionPolicy(
                policy.keepLast(), Optional.of(CatalogLimits.RETENTION_MILLIS_MAX), policy.tiers())
            : policy;
    return retirable(image, ageless, 0); // nothing was committed before: nothing has an age
  }

  /** What no retention lets go (PROTOCOL R21), beside the last ones. */
  static Set<CheckpointId> held(ImageState image) {
    Set<CheckpointId> held = new HashSet<>(image.names().values());
    image.head().ifPresent(held::add);
    image.sessions().values().forEach(session -> held.add(session.checkpoint()));
    return held;
  }

  private static boolean isYounger(Optional<Long> limitMillis, long ageMillis) {
    return limitMillis.isPresent() && ageMillis < limitMillis.get();
  }

  /** The slot of each tier in which the last checkpoint lay, oldest first. */
  private static final class TierSlots {
    private final List<RetentionPolicy.Tier> tiers;
    private final long nowMillis;
    private final long[] last;

    TierSlots(List<RetentionPolicy.Tier> tiers, long nowMillis) {
      this.tiers = tiers;
      this.nowMillis = nowMillis;
      this.last = new long[tiers.size()];
      Arrays.fill(last, -1); // no time lies in it
    }

    /** Whether any tier keeps the next checkpoint. */
    boolean keep(long committedMillis) {
      boolean kept = false;
      for (int i = 0; i < last.length; i++) {
        RetentionPolicy.Tier tier = tiers.get(i);
        long slot = tier.slotOf(committedMillis);
        boolean first = slot != last[i];
        last[i] = slot;
        kept |= first && nowMillis - committedMillis < tier.windowMillis();
      }
      return kept;
    }
  }
}
