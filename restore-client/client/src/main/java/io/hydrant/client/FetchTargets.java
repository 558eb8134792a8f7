package io.hydrant.client;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToIntFunction;

/**
 * Which member a fetch asks: the one that should answer first, by its latency so far and what it
 * has in hand. Guarded by the fetcher's lock.
 */
final class FetchTargets {
  /** A member that failed is left alone for so long, while there are others. */
  private static final long AVOIDED_NANOS = 1_000_000_000;

  private static final long HEDGE_NANOS_MIN = 5_000_000;
  private static final int HEDGE_LATENCIES = 3;

  /** One of so many fetches may be asked twice. */
  private static final int FETCHES_PER_HEDGE = 20;

  /** New values count an eighth. */
  private static final int SHARE = 8;

  private final Members members;
  private final Map<Member, Long> latencyNanos = new HashMap<>();
  private final Map<Member, Long> avoidedSinceNanos = new HashMap<>();
  private long fetches;
  private long hedges;

  FetchTargets(Members members) {
    this.members = members;
  }

  /**
   * @param inFlight how many fetches a member has in hand
   */
  Member choose(ToIntFunction<Member> inFlight) {
    fetches++;
    return best(inFlight, Optional.empty()).orElseGet(members::reader);
  }

  /** A second member for a fetch that takes long; empty if there is none, or too many did. */
  Optional<Member> hedge(Member first, ToIntFunction<Member> inFlight) {
    if ((hedges + 1) * FETCHES_PER_HEDGE > fetches + FETCHES_PER_HEDGE) {
      return Optional.empty();
    }
    Optional<Member> second = best(inFlight, Optional.of(first));
    second.ifPresent(_ -> hedges++);
    return second;
  }

  private Optional<Member> best(ToIntFunction<Member> inFlight, Optional<Member> without) {
    Member best = null;
    long least = Long.MAX_VALUE;
    for (Member member : members.all()) {
      long nanos = latencyNanos.getOrDefault(member, 0L) * (1 + inFlight.applyAsInt(member));
      if (nanos < least && !isAvoided(member) && !without.equals(Optional.of(member))) {
        best = member;
        least = nanos;
      }
    }
    return Optional.ofNullable(best);
  }

  private boolean isAvoided(Member member) {
    Long since = avoidedSinceNanos.get(member);
    return since != null && System.nanoTime() - since < AVOIDED_NANOS;
  }

  long hedgeAfterNanos(Member member) {
    return Math.max(HEDGE_NANOS_MIN, HEDGE_LATENCIES * latencyNanos.getOrDefault(member, 0L));
  }

  void answered(Member member, long nanos) {
    latencyNanos.merge(member, nanos, (old, latest) -> old + (latest - old) / SHARE);
    avoidedSinceNanos.remove(member);
  }

  void failed(Member member) {
    avoidedSinceNanos.put(member, System.nanoTime());
  }
}
