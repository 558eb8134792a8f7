package io.hydrant.node.damage;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote;
import io.hydrant.engine.replica.DamageVote.Decision;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.node.damage.CopyWitnesses.Told;
import io.hydrant.node.replication.Proposals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, while this replica leads, of which pages no member has good bytes any more, and has
 * the log say so (PROTOCOL R24): reads of them fail for ever then, and the next checkpoint must be
 * full, so that the image can be restored again. In rounds:
 *
 * <pre>
 * what is bad here, and what the others said in the last round is bad there
 *   asked of every member, each reads and verifies its own copy: good, none, cannot say
 *   good anywhere            repair fetches it from there
 *   every voter has none     MarkDamaged
 *   a voter is silent        wait: it may have the last good copy
 * </pre>
 *
 * One thread.
 */
public final class DamageRounds {
  /** Of one round: what is beyond is asked for when these are settled. */
  public static final int VERSIONS_MAX = 1_024;

  private static final Logger LOG = LoggerFactory.getLogger(DamageRounds.class);

  private static final long ROUND_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Repair has its turn first: a page that a member has good is soon good everywhere. */
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final PeerLife self;
  private final PageCopies own;
  private final CopyWitnesses others;
  private final Proposals proposals;
  private final LongSupplier nanoTime;

  /** Since when each version is suspected. */
  private final Map<StoredVersion, Long> suspects = new HashMap<>();

  private final Set<Place> proposed = ConcurrentHashMap.newKeySet();
  private SortedSet<StoredVersion> heard = new TreeSet<>();
  private long roundNanos;

  private record Place(TractKey tract, CheckpointId checkpoint) {}

  public DamageRounds(
      PeerLife self,
      PageCopies own,
      CopyWitnesses others,
      Proposals proposals,
      LongSupplier nanoTime) {
    this.self = self;
    this.own = own;
    this.others = others;
    this.proposals = proposals;
    this.nanoTime = nanoTime;
    this.roundNanos = nanoTime.getAsLong();
  }

  /**
   * A round, if one is due. Blocks on the disk and on the other members.
   *
   * @throws IOException if this replica's own disk failed: final
   */
  public void step() throws IOException {
    long now = nanoTime.getAsLong();
    if (now - roundNanos < ROUND_NANOS) {
      return;
    }
    roundNanos = now;
    if (proposals.leads()) {
      round(now);
    } else {
      suspects.clear();
      heard = new TreeSet<>();
    }
  }

  private void round(long now) throws IOException {
    List<StoredVersion> asked = suspected(now);
    Voters voters = others.voters();
    Collection<Told> told = others.ask(asked);
    heard = new TreeSet<>();
    told.forEach(one -> heard.addAll(one.bad()));
    List<StoredVersion> lost = new ArrayList<>();
    for (int i = 0; i < asked.size(); i++) {
      StoredVersion version = asked.get(i);
      if (now - suspects.getOrDefault(version, now) >= PATIENCE_NANOS
          && isLost(version, i, told, voters)) {
        lost.add(version);
      }
    }
    mark(lost);
  }

  private List<StoredVersion> suspected(long now) throws IOException {
    SortedSet<StoredVersion> all = new TreeSet<>(heard);
    all.addAll(own.bad(VERSIONS_MAX));
    List<StoredVersion> asked = all.stream().limit(VERSIONS_MAX).toList();
    suspects.keySet().retainAll(all);
    asked.forEach(version -> suspects.putIfAbsent(version, now));
    return asked;
  }

  private boolean isLost(StoredVersion version, int place, Collection<Told> told, Voters voters)
      throws IOException {
    DamageVote vote = new DamageVote();
    told.forEach(one -> vote.answered(one.peer(), one.answers().get(place)));
    others.lives().forEach(vote::greeted);
    vote.answered(self, own.answer(version));
    return voters.equals(others.voters()) && vote.decide(voters) instanceof Decision.Mark;
  }

  private void mark(List<StoredVersion> lost) {
    Map<TractKey, Map<CheckpointId, List<Integer>>> places = new TreeMap<>();
    for (StoredVersion version : lost) {
      places
          .computeIfAbsent(version.tract(), _ -> new TreeMap<>())
          .computeIfAbsent(version.checkpoint(), _ -> new ArrayList<>())
          .add(version.page());
    }
    places.forEach((tract, versions) ->
        versions.forEach((checkpoint, pages) -> mark(new Place(tract, checkpoint), pages)));
  }

  private void mark(Place place, List<Integer> pages) {
    if (!proposed.add(place)) {
      return;
    }
    TractKey tract = place.tract();
    Command.MarkDamaged mark =
        new Command.MarkDamaged(
            tract.image(), tract.region(), tract.tract(), place.checkpoint(), pages);
    proposals
        .propose(mark)
        .whenComplete((outcome, failure) -> {
          proposed.remove(place);
          if (failure != null) {
            LOG.warn("{} failed, comes again: {}", mark, failure.toString());
          } else if (outcome instanceof Outcome.PagesMarked) {
            LOG.error(
                "LOST: image {}, region {}, tract {}: no member has good bytes of {} pages that checkpoint {} wrote: {}; reads of them fail, and the next checkpoint must be full",
                tract.image().value(),
                tract.region(),
                tract.tract(),
                pages.size(),
                place.checkpoint().value(),
                pages);
          } else if (outcome instanceof Outcome.Rejected rejected) {
            LOG.warn("{} was rejected: {}", mark, rejected.message());
          }
        });
  }
}
