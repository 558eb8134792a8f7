package io.hydrant.node.cluster;

import io.hydrant.engine.replica.DriftCheck.Verdict;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.peer.v1.HelloRequest;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What the members said last of themselves in their present lives, and which of them this node does
 * not talk with. Fed by the data plane, whose exchange is the one source of it all. Safe for use by
 * many threads.
 */
public final class MemberNews {
  /** Eight times as long as members wait before they speak again. */
  public static final Duration SILENCE_MAX = Duration.ofSeconds(2);

  /**
   * What was committed less than so long ago may still be on its way to a replica: that is no
   * trouble yet.
   */
  private static final Duration SETTLED = Duration.ofSeconds(2);

  /** An answer that took longer says too little of the clock. */
  private static final long ROUND_TRIP_NANOS_MAX = TimeUnit.SECONDS.toNanos(1);

  /** Bounds what sums of clocks can come to. */
  private static final long AHEAD_MILLIS_MAX = Duration.ofDays(100_000).toMillis();

  private final LongSupplier nanoTime;
  private final InstantSource clock;
  private final Map<String, Heard> heard = new ConcurrentHashMap<>();
  private final Map<String, String> versions = new ConcurrentHashMap<>();
  private final Map<String, Refused> refused = new ConcurrentHashMap<>();
  private volatile Optional<Verdict> verdict = Optional.empty();

  public MemberNews(LongSupplier nanoTime, InstantSource clock) {
    this.nanoTime = nanoTime;
    this.clock = clock;
  }

  /**
   * What a member said last.
   *
   * @param clockAheadMillis its clock against this node's, give or take half of the way there and
   *     back
   * @param atNanos when it was heard
   * @param settled what it had applied some seconds ago: it should hold all that by now
   * @param recent what it had applied since then
   */
  public record Heard(
      InventoryView said, long clockAheadMillis, long atNanos, Applied settled, Applied recent) {
    /** Whether it has lacked something for longer than bytes are on their way. */
    public boolean isBehind() {
      return !said.lacking().isNothing() && said.holdMark() < settled.index();
    }

    Heard withClock(long ahead) {
      return new Heard(said, ahead, atNanos, settled, recent);
    }
  }

  /** A log index, and when it was heard of. */
  record Applied(long index, long atNanos) {}

  /**
   * @param byIt whether the other one refuses this node, or this node it
   */
  record Refused(String why, boolean byIt) {}

  /** This node and the other one accept each other: what it said in another life is void. */
  public void greeted(HelloRequest other) {
    String node = other.getNode();
    refused.remove(node);
    versions.put(node, other.getVersion());
    heard.computeIfPresent(
        node, (_, last) -> last.said().peer().life() == other.getLife() ? last : null);
  }

  /**
   * They do not talk to each other.
   *
   * @param byIt whether the other one refuses this node
   */
  public void refused(String node, String why, boolean byIt) {
    refused.put(node, new Refused(why, byIt));
  }

  /** This node, or another, said so. */
  public void heard(InventoryView said) {
    long now = nanoTime.getAsLong();
    heard.compute(said.node(), (_, last) -> next(said, last, now));
  }

  /**
   * Another one answered so, which tells its clock.
   *
   * @param askedNanos when it was asked
   */
  public void answered(InventoryView said, long askedNanos) {
    long now = nanoTime.getAsLong();
    long roundTrip = now - askedNanos;
    long millis = clock.millis() - TimeUnit.NANOSECONDS.toMillis(roundTrip / 2);
    long ahead = Math.clamp(said.clockMillis() - millis, -AHEAD_MILLIS_MAX, AHEAD_MILLIS_MAX);
    heard.compute(
        said.node(),
        (_, last) -> {
          Heard next = next(said, last, now);
          return roundTrip > ROUND_TRIP_NANOS_MAX ? next : next.withClock(ahead);
        });
  }

  private static Heard next(InventoryView said, @Nullable Heard last, long now) {
    Applied current = new Applied(said.applied(), now);
    if (last == null || !last.said().peer().equals(said.peer())) {
      return new Heard(said, 0, now, current, current);
    }
    return now - last.recent().atNanos() < SETTLED.toNanos()
        ? new Heard(said, last.clockAheadMillis(), now, last.settled(), last.recent())
        : new Heard(said, last.clockAheadMillis(), now, last.recent(), current);
  }

  /** What the members hash of themselves was compared. */
  public void judged(Verdict found) {
    verdict = Optional.of(found);
  }

  /** What was found when the members' hashes were compared last. */
  Optional<Verdict> verdict() {
    return verdict;
  }

  /** Empty if it said nothing yet in its present life, as far as that is known. */
  Optional<Heard> last(String node) {
    return Optional.ofNullable(heard.get(node));
  }

  Duration silence(Heard last) {
    return Duration.ofNanos(nanoTime.getAsLong() - last.atNanos());
  }

  Optional<Refused> refusal(String node) {
    return Optional.ofNullable(refused.get(node));
  }

  /** Of its program; empty if not known. */
  String version(String node) {
    return versions.getOrDefault(node, "");
  }

  /** What those that were heard of lately said last, by node; this one among them. */
  public Map<String, InventoryView> seen() {
    Map<String, InventoryView> seen = new TreeMap<>();
    heard.forEach((node, last) -> {
      if (silence(last).compareTo(SILENCE_MAX) <= 0) {
        seen.put(node, last.said());
      }
    });
    return seen;
  }
}
