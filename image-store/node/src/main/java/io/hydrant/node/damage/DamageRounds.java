package io.hydrant.node.damage;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DamageVote;
import io.hydrant.engine.replica.DamageVote.Answer;
import io.hydrant.engine.replica.DamageVote.Decision;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.node.damage.CopyWitnesses.Told;
import io.hydrant.node.replication.Proposals;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out, while this replica leads, of which pages no member has good bytes any more, and has
 * the log say so (PROTOCOL R24): reads of them fail for ever then, and the next checkpoint must be
 * full, so that the image can be restored again.
 *
 * <pre>
 * collect   what is bad here, and what the others say is bad there: the first ones behind the last
 *           ones that were asked for; nothing left: a pause, and from the first ones on again
 * ask       every member reads and verifies its own copy of each: good, none, cannot say;
 *           three times: repair has its turn meanwhile, and a disk that was busy another chance
 * mark      what every one that is needed has said each time that it has none: MarkDamaged
 * </pre>
 *
 * Nobody is asked for anything while one that is needed is away: it may have the last good copy.
 * One thread.
 */
public final class DamageRounds {
  /** Asked for at once; of what is bad somewhere as many are told at once. */
  public static final int VERSIONS_MAX = 512;

  private static final Logger LOG = LoggerFactory.getLogger(DamageRounds.class);

  /** Times that each version is asked for. */
  private static final int ASKED_TIMES = 3;

  private static final long STEP_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** What a device does not give may come back with its cable. */
  private static final long UNREADABLE_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** Of this replica's reading between two looks at the clock of {@link #step}. */
  private static final long OWN_NANOS_MAX = TimeUnit.SECONDS.toNanos(3);

  /** At once: commits are proposed beside them. */
  private static final int PROPOSED_MAX = 16;

  /** Until what the log refused is proposed again. */
  private static final long REFUSED_NANOS = TimeUnit.MINUTES.toNanos(10);

  private final PeerLife self;
  private final PageCopies own;
  private final CopyWitnesses others;
  private final Proposals proposals;
  private final LongSupplier nanoTime;

  /** The last one that was asked for, and the last one of the time before. */
  private Optional<StoredVersion> last = Optional.empty();

  private Optional<StoredVersion> before = Optional.empty();
  private List<StoredVersion> asked = List.of();
  private int times;

  /**
   * Places in {@link #asked} of which each one that is needed has said each time that it has none.
   */
  private Set<Integer> lost = Set.of();

  /** Asked for at once: fewer where a device takes long to say that it gives nothing. */
  private int window = VERSIONS_MAX;

  /** What could not be read somewhere whenever it was asked for, and since when. */
  private final Map<StoredVersion, Long> unreadable = new HashMap<>();

  /** Those of them that were asked for since the last pause. */
  private final Set<StoredVersion> stillUnreadable = new HashSet<>();

  private final Map<Place, Long> refused = new ConcurrentHashMap<>();
  private final Set<Place> proposed = ConcurrentHashMap.newKeySet();
  private long nextNanos;

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
    this.nextNanos = nanoTime.getAsLong() + STEP_NANOS;
  }

  /**
   * A step, if one is due. Blocks on the disk and on the other members.
   *
   * @throws IOException if this replica's own disk failed: final
   */
  public void step() throws IOException {
    long now = nanoTime.getAsLong();
    if (now - nextNanos < 0) {
      return;
    }
    nextNanos = now + STEP_NANOS;
    if (!proposals.leads() || !areAllThere()) {
      asked = List.of();
      unreadable.clear(); // nobody was asked meanwhile
    } else if (asked.isEmpty()) {
      collect(now);
    } else {
      ask(now);
    }
  }

  private boolean areAllThere() {
    Set<String> there = others.lives().stream().map(PeerLife::node).collect(Collectors.toSet());
    there.add(self.node());
    return there.containsAll(others.needed());
  }

  private void collect(long now) throws IOException {
    SortedSet<StoredVersion> bad = new TreeSet<>(own.bad(last, VERSIONS_MAX));
    others.ask(List.of(), last).forEach(told -> bad.addAll(told.bad()));
    asked =
        bad.stream()
            .filter(version -> last.isEmpty() || version.compareTo(last.get()) > 0)
            .limit(window)
            .toList();
    times = 0;
    lost = new HashSet<>();
    for (int i = 0; i < asked.size(); i++) {
      lost.add(i);
    }
    if (asked.isEmpty()) {
      pause(now);
    } else {
      before = last;
      last = Optional.of(asked.getLast());
    }
  }

  private void pause(long now) {
    last = Optional.empty();
    unreadable.keySet().retainAll(stillUnreadable);
    stillUnreadable.clear();
    refused.values().removeIf(since -> now - since >= REFUSED_NANOS);
    nextNanos = now + PAUSE_NANOS;
  }

  private void ask(long now) throws IOException {
    Collection<Told> told = others.ask(asked, last);
    Set<String> needed = others.needed();
    Set<PeerLife> lives = Set.copyOf(others.lives());
    List<Told> valid = told.stream().filter(one -> lives.contains(one.peer())).toList();
    int answered = answered(valid, needed);
    Set<Integer> still = new HashSet<>();
    long began = nanoTime.getAsLong();
    for (int place : new TreeSet<>(lost)) {
      if (place > 0 && nanoTime.getAsLong() - began > OWN_NANOS_MAX) {
        answered = Math.min(answered, place);
      }
      if (place < answered && isLost(place, valid, needed, now)) {
        still.add(place);
      }
    }
    if (answered < asked.size()) {
      shorten(answered);
    }
    lost = still;
    if (lost.isEmpty()) {
      asked = List.of();
    } else if (++times == ASKED_TIMES) {
      mark(now);
      asked = List.of();
      window = Math.min(VERSIONS_MAX, 2 * window);
    }
  }

  /** How many of the first versions every one that is needed has answered. */
  private int answered(List<Told> told, Set<String> needed) {
    Set<String> silent = new TreeSet<>(needed);
    silent.remove(self.node());
    int answered = asked.size();
    for (Told one : told) {
      if (silent.remove(one.peer().node())) {
        answered = Math.min(answered, one.answers().size());
      }
    }
    return silent.isEmpty() ? answered : 0;
  }

  /**
   * The rest is asked for later. If there was no answer at all, half of it is next, for a device
   * that takes long for one page must not keep all others from being asked for; and of one page
   * that never has an answer, whatever comes behind it.
   */
  private void shorten(int answered) {
    window = Math.max(1, answered > 0 ? answered : asked.size() / 2);
    if (answered > 0) {
      asked = asked.subList(0, answered);
      last = Optional.of(asked.getLast());
    } else if (asked.size() > 1) {
      last = before;
    }
  }

  /** This replica reads last: only what nobody else has. */
  private boolean isLost(int place, List<Told> told, Set<String> needed, long now)
      throws IOException {
    StoredVersion version = asked.get(place);
    DamageVote vote = new DamageVote();
    boolean readable = true;
    for (Told one : told) {
      if (place < one.answers().size()) {
        Answer answer = one.answers().get(place);
        vote.answered(one.peer().node(), answer);
        readable &= answer != Answer.UNREADABLE;
      }
    }
    vote.answered(self.node(), Answer.NONE);
    if (vote.decide(needed, true) instanceof Decision.Mark) {
      Answer here = own.answer(version);
      vote.answered(self.node(), here);
      readable &= here != Answer.UNREADABLE;
    }
    if (readable || !(vote.decide(needed, true) instanceof Decision.Mark)) {
      unreadable.remove(version);
    } else {
      unreadable.putIfAbsent(version, now);
      stillUnreadable.add(version);
    }
    Long since = unreadable.get(version);
    boolean patient = since != null && now - since >= UNREADABLE_NANOS;
    return vote.decide(needed, patient) instanceof Decision.Mark;
  }

  private void mark(long now) {
    Map<TractKey, Map<CheckpointId, List<Integer>>> places = new TreeMap<>();
    for (int place : new TreeSet<>(lost)) {
      StoredVersion version = asked.get(place);
      places
          .computeIfAbsent(version.tract(), _ -> new TreeMap<>())
          .computeIfAbsent(version.checkpoint(), _ -> new ArrayList<>())
          .add(version.page());
    }
    places.forEach((tract, versions) ->
        versions.forEach((checkpoint, pages) -> mark(new Place(tract, checkpoint), pages, now)));
  }

  private void mark(Place place, List<Integer> pages, long now) {
    Long refusedAt = refused.get(place);
    if (refusedAt != null && now - refusedAt < REFUSED_NANOS
        || proposed.size() >= PROPOSED_MAX
        || !proposed.add(place)) {
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
          } else if (outcome instanceof Outcome.Rejected rejected) {
            refused.put(place, now);
            LOG.warn("{} was rejected: {}", mark, rejected.message());
          } else if (outcome instanceof Outcome.PagesMarked marked && marked.pages() > 0) {
            LOG.error(
                "LOST: image {}, region {}, tract {}: no member has good bytes of {} pages that checkpoint {} wrote: {}; reads of them fail, and the next checkpoint must be full",
                tract.image().value(),
                tract.region(),
                tract.tract(),
                marked.pages(),
                place.checkpoint().value(),
                pages);
          }
        });
  }
}
