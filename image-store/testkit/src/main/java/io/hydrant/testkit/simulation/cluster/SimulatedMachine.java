package io.hydrant.testkit.simulation.cluster;

import static io.hydrant.testkit.simulation.cluster.ClusterModel.require;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.MalformedCatalogException;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStoreConfig.HeapBounds;
import io.hydrant.engine.store.ImageStoreConfig.SnapshotBounds;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.testkit.raft.RaftEntry;
import io.hydrant.testkit.raft.RaftMembers;
import io.hydrant.testkit.raft.SimulatedRaft;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedMedia;
import io.hydrant.testkit.simulation.SimulatedReplica;
import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One server: a disk, an index, a place in the log, a real store while it runs, and what it does as
 * a leader. Whatever has a thread in the server waits in a queue here until the seed picks it.
 *
 * <pre>
 * state     event            next
 * down      start            up, or down again
 * up        kill, power cut  down
 * up        pause            paused: takes no step; what is sent to it waits
 * paused    resume           up, and goes on with what it believed
 * </pre>
 */
final class SimulatedMachine {
  /** So small that a run rolls and recycles segments, and takes many snapshots. */
  private static final ImageStoreConfig CONFIG =
      new ImageStoreConfig(
          SimulatedReplica.SMALL.identity(),
          new SegmentLogConfig(64 << 10, 16 << 10, 0, 3),
          new HeapBounds(16 << 10, 1 << 10, Long.MAX_VALUE),
          new SnapshotBounds(32 << 10, 64 << 10, 16));

  /** Cleans as long as anything is to be gained. */
  private static final CleaningPolicy EAGER = new CleaningPolicy(1, 0, 0);

  private final String name;
  private final Cluster cluster;
  private final SplittableRandom random;
  private final SimulatedClock clock = new SimulatedClock();
  private final SimulatedMedia media;

  private final List<ArrayDeque<Runnable>> background =
      List.of(new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>(), new ArrayDeque<>());
  private final List<StoreEvent> events = new ArrayList<>();
  private final TreeMap<CheckpointKey, SimulatedReception> receptions = new TreeMap<>();
  private final Map<Long, Proposal> proposals = new HashMap<>();

  /** What it ever said that it holds: it must, until the log says otherwise (PROTOCOL R7, R9). */
  private final TreeSet<CheckpointKey> promised = new TreeSet<>();

  private @Nullable ImageStore store;
  private @Nullable LeaderRole leader;
  private @Nullable SimulatedRepair repair;
  private long installNanos = -INSTALL_PATIENCE_NANOS;
  private long lives;
  private boolean paused;
  private boolean rotten;

  /** One of so many snapshots meets a crash. */
  private static final int CRASH_IN_SNAPSHOT = 30;

  /** Steps of cleaning by one that consolidates a tract. */
  private static final int CLEANED_BY_CONSOLIDATED = 4;

  /** After so long without one, it asks for a catalog again. */
  private static final long INSTALL_PATIENCE_NANOS = 1_000_000_000L;

  private record Proposal(long term, CompletableFuture<Outcome> answer) {}

  SimulatedMachine(String name, Cluster cluster, SplittableRandom random) {
    this.name = name;
    this.cluster = cluster;
    this.random = random;
    this.media = new SimulatedMedia(random.split());
  }

  String name() {
    return name;
  }

  Cluster cluster() {
    return cluster;
  }

  SimulatedMedia media() {
    return media;
  }

  SimulatedClock clock() {
    return clock;
  }

  ImageStore store() {
    if (store == null) {
      throw new IllegalStateException(name + " is down");
    }
    return store;
  }

  boolean isUp() {
    return store != null;
  }

  /** Up, and not stopped in its tracks. */
  boolean isRunning() {
    return store != null && !paused;
  }

  boolean isPaused() {
    return paused;
  }

  void setPaused(boolean now) {
    paused = now && store != null;
  }

  PeerLife self() {
    return new PeerLife(name, lives);
  }

  List<StoreEvent> events() {
    return events;
  }

  private SimulatedRaft<Entry> raft() {
    return cluster.raft();
  }

  /** Opens the store; entries are applied later. May crash on the way. */
  void start() throws IOException {
    lives++;
    events.clear();
    ImageStore opened =
        ImageStore.open(
            CONFIG,
            new ImageStorePorts(
                media.segments(),
                media.catalogs(),
                cluster.rules().index(media.index()),
                new PageContents(),
                cluster.rules().lives(random.split()),
                background.get(0)::add,
                background.get(1)::add,
                background.get(2)::add,
                () -> false,
                cluster.rules().catalog(),
                this::happened));
    store = opened;
    repair = new SimulatedRepair(this, random.split());
    EntryPosition at = opened.applied();
    raft().started(name, at.term(), Math.max(at.index(), 0));
    requirePromised();
  }

  private void happened(StoreEvent event) {
    events.add(event);
    if (event instanceof StoreEvent.SegmentReleased) {
      cluster.coverage().count(Schedule.SEGMENT_RECYCLED);
    }
  }

  /** What it promised and what is committed by what it has applied must be here. */
  private void requirePromised() {
    promised.forEach(this::requirePromised);
  }

  private void requirePromised(CheckpointKey key) {
    Optional<ImageState> image = store().catalog().image(key.image());
    boolean committed =
        image.map(state -> state.committed().containsKey(key.checkpoint())).orElse(false);
    if (committed && !rotten) {
      boolean here = isHereItself(key) || store().isCompleting(key);
      require(here, "%s said that it holds %s, and lacks it", name, key);
    }
  }

  /** Whether what a checkpoint itself changed is here, whatever is missing that it builds on. */
  boolean isHereItself(CheckpointKey key) {
    Line line = Line.of(key.checkpoint().value(), key.checkpoint().value());
    boolean here = store().missing().isSlimHere(key);
    for (int region = 0; region < VmContent.REGIONS.size(); region++) {
      for (int tract = 0; tract < VmContent.REGIONS.get(region).tracts(); tract++) {
        here &= store().missing().isHere(key.image(), line, region, tract);
      }
    }
    return here;
  }

  /** It holds a checkpoint, by its own words. */
  void holds(CheckpointKey key) {
    promised.add(key);
  }

  /** The process is gone, and perhaps what was not synced. */
  void die(boolean powerCut) {
    if (leader != null) {
      leader.stop();
      leader = null;
    }
    store = null;
    repair = null;
    paused = false;
    background.forEach(ArrayDeque::clear);
    receptions.clear();
    proposals.clear();
    raft().crash(name, powerCut, random);
    media.recover(powerCut);
    media.disarm();
  }

  /** A disk failed under it, or the crash that was armed came. */
  void dieOfFault() {
    boolean atCall = media.hasCrashed();
    cluster.coverage().count(atCall ? Schedule.CRASH_AT_CALL : Schedule.FAILED_SYNC);
    die(random.nextInt(3) > 0);
  }

  /** For what the server hands to a thread of its own. */
  void soon(Runnable task) {
    background.get(3).add(task);
  }

  /** Runs the oldest task of one of the queues; false if there is none. */
  boolean runBackground() {
    int first = random.nextInt(background.size());
    for (int i = 0; i < background.size(); i++) {
      Runnable task = background.get((first + i) % background.size()).poll();
      if (task != null) {
        if ((first + i) % background.size() == 1
            && cluster.isTroubled()
            && random.nextInt(CRASH_IN_SNAPSHOT) == 0) {
          media.armAfter(random.nextInt(16));
        }
        task.run();
        return true;
      }
    }
    return false;
  }

  /**
   * Cleans one segment, if there is anything to be gained; now and then a tract is consolidated.
   */
  void clean() throws IOException {
    List<ImageState> images = List.copyOf(store().catalog().images());
    if (!images.isEmpty() && random.nextInt(CLEANED_BY_CONSOLIDATED) == 0) {
      ImageId image = images.get(random.nextInt(images.size())).id();
      store().consolidator().consolidate(new TractKey(image, 0, random.nextInt(2)));
      return;
    }
    if (store().cleaner().step(EAGER).copiedBytes() > 0) {
      cluster.coverage().count(Schedule.CLEANED);
    }
  }

  /** Applies the next entry, if it may; returns whether it did. */
  boolean applyOne() throws IOException {
    long next = Math.max(store().applied().index(), 0) + 1;
    if (next > raft().applicableIndex(name)) {
      return false;
    }
    RaftEntry<Entry> at = raft().entry(name, next);
    EntryPosition position = new EntryPosition(at.term(), at.index());
    Outcome outcome = null;
    Entry entry = null;
    if (at.payload() instanceof RaftEntry.Payload.Command<Entry> command) {
      entry = command.command();
      outcome = store().apply(position, entry);
    } else {
      store().skip(position);
    }
    cluster.model().applied(at, entry, outcome);
    cluster.model().catalogAt(name, next, store().catalog().encode());
    if (entry != null
        && entry.command() instanceof Command.Commit commit
        && outcome instanceof Outcome.Committed committed
        && committed.index() == next) {
      committed(commit);
    }
    Proposal proposal = proposals.remove(next);
    if (proposal != null) {
      if (proposal.term() == at.term() && outcome != null) {
        proposal.answer().complete(outcome);
      } else {
        proposal.answer().completeExceptionally(new UnknownOutcome());
      }
    }
    noticeLeadership();
    return true;
  }

  private void committed(Command.Commit commit) {
    CheckpointKey key = commit.key();
    if (!isHereItself(key)) {
      cluster.coverage().count(Schedule.ENTRY_BEFORE_BYTES);
    }
    if (commit.holders().contains(name)) {
      promised.add(key);
    }
    if (promised.contains(key)) {
      requirePromised(key);
    }
  }

  /** Nobody can say what became of a proposal. */
  static final class UnknownOutcome extends Exception {
    private static final long serialVersionUID = 1L;

    UnknownOutcome() {
      super("unknown outcome", null, false, false);
    }
  }

  /** Proposes as the leader that it believes to be. */
  CompletableFuture<Outcome> propose(Command command) {
    RequestId request = new RequestId(new UUID(random.nextLong(), random.nextLong()));
    Entry entry = new Entry(clock.millis(cluster.nanos()), RequestId.NONE, request, command);
    Optional<RaftEntry<Entry>> at = raft().propose(name, entry);
    if (at.isEmpty()) {
      return CompletableFuture.failedFuture(new UnknownOutcome());
    }
    if (cluster.isDeposed(name)) {
      cluster.coverage().count(Schedule.DEPOSED_PROPOSES);
    }
    CompletableFuture<Outcome> answer = new CompletableFuture<>();
    proposals.put(at.get().index(), new Proposal(at.get().term(), answer));
    if (random.nextInt(40) == 0 && !(command instanceof Command.Open)) {
      cluster.coverage().count(Schedule.REPEATED_ENTRY);
      raft().propose(name, entry);
    }
    return answer;
  }

  /** Fetches something of what it lacks; whether it did. */
  boolean repairOne() throws IOException {
    return repair != null && repair.step();
  }

  /** Gives up entries that its snapshot has. */
  void purge() {
    long snapshot = store().snapshotPosition().index();
    if (snapshot > 0) {
      raft().purge(name, snapshot);
    }
  }

  /**
   * What it needs of the log is gone at the leader: it asks for the leader's catalog instead, once.
   */
  void askInstall(SimulatedMachine from) {
    if (cluster.nanos() - installNanos < INSTALL_PATIENCE_NANOS) {
      return;
    }
    installNanos = cluster.nanos();
    cluster.coverage().count(Schedule.PURGED);
    PeerLife life = self();
    cluster
        .network()
        .sendLate(() -> {
          if (!isRunning() || !self().equals(life)) {
            return;
          }
          // Also of a leader that has committed nothing yet: its first entry may wait for this one.
          if (from.isRunning()
              && raft().isLeading(from.name())
              && cluster.reachBothWays(Plane.DATA, name, from.name())) {
            SimulationStep.on(this, () -> install(from));
          }
        });
  }

  private void install(SimulatedMachine from) throws IOException {
    FrozenCatalog catalog = from.store().frozenCatalog();
    RaftMembers members = raft().members(from.name());
    EntryPosition at = from.store().applied();
    while (runBackground()) {
      // A snapshot that is under way comes first.
    }
    if (at.compareTo(store().applied()) <= 0) {
      return;
    }
    try {
      store().install(catalog.encode());
    } catch (MalformedCatalogException e) {
      throw new IllegalStateException(e);
    } catch (DiskFullException _) {
      return;
    }
    cluster.coverage().count(Schedule.INSTALLED);
    raft().installed(name, at.term(), at.index(), members);
    cluster.model().catalogAt(name, at.index(), store().catalog().encode());
    requirePromised(); // an install leaves a holder its word
    noticeLeadership();
  }

  /** Whether it serves as a leader: it believes that it leads, and has applied what was before. */
  boolean leads() {
    return leader != null;
  }

  LeaderRole leader() {
    if (leader == null) {
      throw new IllegalStateException(name + " does not lead");
    }
    return leader;
  }

  /** Begins or ends to lead, if that has changed. */
  void noticeLeadership() {
    boolean leads =
        store != null
            && raft().isLeading(name)
            && store.applied().index() >= raft().startIndex(name);
    LeaderRole role = leader;
    if (role != null && (!leads || role.term() != raft().term(name))) {
      role.stop();
      leader = null;
      List<Proposal> unknown = List.copyOf(new TreeMap<>(proposals).values());
      proposals.clear();
      unknown.forEach(proposal -> proposal.answer().completeExceptionally(new UnknownOutcome()));
    }
    if (leads && leader == null) {
      leader = new LeaderRole(this, raft().term(name));
    }
  }

  /** A frame comes from a leader. */
  void receive(Frame frame, Consumer<Says> outlet) throws IOException {
    receptions
        .computeIfAbsent(frame.key(), key -> new SimulatedReception(key, this))
        .take(frame, outlet);
  }

  /** What the server does from time to time. */
  void tick() throws IOException {
    for (Map.Entry<CheckpointKey, SimulatedReception> one : List.copyOf(receptions.entrySet())) {
      one.getValue().nudge();
      boolean over =
          switch (fate(one.getKey())) {
            case ABORTED -> true;
            case COMMITTED, RETIRED -> one.getValue().isOver();
            case OPEN, UNKNOWN -> false;
          };
      if (over) {
        receptions.remove(one.getKey());
      }
    }
    if (leader != null) {
      leader.tick();
    }
  }

  /** What became of an id, as far as this machine has applied. */
  ImageState.Fate fate(CheckpointKey key) {
    return store().catalog().fate(key);
  }

  boolean isRotten() {
    return rotten;
  }

  /** Something on its disk is not as it was written. */
  void rot() {
    rotten = true;
  }

  /** The cause of a fault that its store has reported; null if there is none. */
  @Nullable Throwable fault() {
    for (StoreEvent event : events) {
      if (event instanceof StoreEvent.Fault fault) {
        return fault.cause();
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return "%s%s".formatted(name, store == null ? " (down)" : paused ? " (paused)" : "");
  }
}
