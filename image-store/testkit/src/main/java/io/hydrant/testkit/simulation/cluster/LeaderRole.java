package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.FrameWindow;
import io.hydrant.engine.replica.HolderTable;
import io.hydrant.engine.replica.MajorityWatch;
import io.hydrant.engine.replica.Members;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.ReplacementCheck;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedFrame;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a machine does while it believes that it leads: takes checkpoints, sends them on, counts who
 * holds them. The server's {@code LeaderStreams} and {@code GroupStaging} without their threads,
 * around the same parts of the product.
 */
final class LeaderRole {
  /** So small that frames fall out, and slow nodes are fed from the log. */
  private static final long WINDOW_BYTES = 6 << 10;

  private static final long LAG_BYTES_MAX = 64 << 10;
  private static final Duration NO_MAJORITY = Duration.ofSeconds(5);
  private static final Duration ALL_DEADLINE = Duration.ofSeconds(10);
  private static final Duration SETTLE = Duration.ofSeconds(2);

  private final SimulatedMachine self;
  private final Cluster cluster;
  private final long term;
  private final HolderTable holders = new HolderTable();
  private final FrameWindow window = new FrameWindow(WINDOW_BYTES);
  private final MajorityWatch watch = new MajorityWatch(LAG_BYTES_MAX);
  private final TreeMap<CheckpointKey, Forwarded> forwarded = new TreeMap<>();
  private final TreeMap<String, PeerConnection> peers = new TreeMap<>();
  private final List<ServedStream> streams = new ArrayList<>();
  private final SettleRole settles;
  private @Nullable ReplacementCheck replacement;
  private boolean leading = true;

  LeaderRole(SimulatedMachine self, long term) {
    this.self = self;
    this.cluster = self.cluster();
    this.term = term;
    this.settles = new SettleRole(self, this);
    holders.greeted(self.self());
  }

  long term() {
    return term;
  }

  boolean isLeading() {
    return leading;
  }

  SettleRole settles() {
    return settles;
  }

  /** Serves a protector's stream. */
  void serve(ServedStream stream) {
    streams.add(stream);
  }

  /** Whatever waits here will not learn of holders; nothing is aborted by it. */
  void stop() {
    leading = false;
    List.copyOf(forwarded.values())
        .forEach(one -> one.held.completeExceptionally(new SimulatedMachine.UnknownOutcome()));
    forwarded.clear();
    peers.values().forEach(PeerConnection::drop);
    streams.forEach(ServedStream::broken);
  }

  /** A member is being replaced: whose word counts is said by the check from now on. */
  void replace(ReplacementCheck check) {
    replacement = check;
  }

  Voters voters() {
    Members members = SimulatedOperator.members(cluster.raft().members(self.name()));
    return replacement == null ? members.counting() : replacement.counting(members);
  }

  /** The connections to all other members. */
  List<PeerConnection> peers() {
    peers.keySet().retainAll(cluster.machines().keySet());
    for (String name : cluster.raft().members(self.name()).all()) {
      if (!name.equals(self.name()) && cluster.machines().containsKey(name)) {
        peers.computeIfAbsent(name, _ -> new PeerConnection(self, this, cluster.machine(name)));
      }
    }
    return List.copyOf(peers.values());
  }

  void greeted(PeerLife peer) {
    holders.greeted(peer);
  }

  /** Whether something is under way by that key that has not failed. */
  Optional<Forwarded> underWay(CheckpointKey key) {
    return Optional.ofNullable(forwarded.get(key))
        .filter(one -> !one.held.isCompletedExceptionally());
  }

  List<Forwarded> underWay() {
    return forwarded.values().stream().filter(one -> !one.asked).toList();
  }

  /** Takes an open checkpoint and sends it on. */
  Forwarded staged(CheckpointKey key, Epoch epoch) throws Refusal {
    CheckpointInfo opened = opened(key);
    Forwarded one = begin(key, epoch, false);
    forward(one, new Frame.Step.Open(opened, self.store().applied().index()), 0);
    return one;
  }

  private Forwarded begin(CheckpointKey key, Epoch epoch, boolean asked) throws Refusal {
    Durability durability =
        self.store()
            .catalog()
            .image(key.image())
            .map(ImageState::durability)
            .orElse(Durability.QUORUM);
    Forwarded one = new Forwarded(key, epoch, durability, self.store().staged(key, epoch), asked);
    holders.begin(key);
    forwarded.put(key, one);
    return one;
  }

  private CheckpointInfo opened(CheckpointKey key) throws Refusal {
    return self.store()
        .catalog()
        .image(key.image())
        .map(image -> image.open().get(key.checkpoint()))
        .orElseThrow(() -> new Refusal(Rejection.ABORTED, key + " was aborted already"));
  }

  /** Takes a step here, then sends it on. */
  void take(Forwarded one, Frame.Step step) throws Refusal, IOException {
    requireLive(one);
    SimulatedReception.stage(one.here, step);
    long bytes = step instanceof Frame.Step.Batch batch ? batch.payload().remaining() : 0;
    forward(one, step, bytes);
  }

  private static void requireLive(Forwarded one) throws Refusal {
    if (one.held.isCompletedExceptionally() && one.held.exceptionNow() instanceof Refusal refusal) {
      throw refusal;
    }
  }

  /** The end came, or somebody asks what became of it. */
  void finish(Forwarded one, Command.Content claimed) throws Refusal, IOException {
    requireLive(one);
    var own = one.here.finish(claimed);
    if (one.claimed() != null) {
      return;
    }
    one.finishing(claimed, cluster.nanos());
    if (one.asked) {
      peers().forEach(peer -> peer.ask(one));
    } else {
      forward(one, new Frame.Step.Finish(claimed), 0);
    }
    own.whenComplete((content, failure) -> {
      if (content == null) {
        one.held.completeExceptionally(failure);
      } else {
        self.holds(one.key);
        one.holdsHere(content);
        stated(new Statement(one.key, self.self(), new Says.Holds(content.digest())));
      }
    });
  }

  /** Who holds what is not under way here; asks all. */
  Forwarded ask(CheckpointKey key, Epoch epoch, Command.Content claimed)
      throws Refusal, IOException {
    Optional<Forwarded> known = underWay(key);
    if (known.isPresent()) {
      finish(known.get(), claimed);
      return known.get();
    }
    Forwarded one = begin(key, epoch, true);
    try {
      finish(one, claimed);
    } catch (Refusal | IOException e) {
      forget(key);
      throw e;
    }
    one.held.whenComplete((_, _) -> forget(key));
    return one;
  }

  private void forward(Forwarded one, Frame.Step step, long bytes) {
    if (forwarded.get(one.key) != one) {
      return;
    }
    if (cluster.isDeposed(self.name())) {
      cluster.coverage().count(Schedule.DEPOSED_FORWARDS);
    }
    long sequence = one.available();
    window.add(new Frame(one.key, sequence, step), bytes);
    watch.appended(one.key, sequence, bytes, cluster.nanos());
    one.took(self.name());
    watch.held(one.key, one.reachedByMajority(voters()));
  }

  /** A frame for a peer: from memory, or read back. */
  Optional<Frame> frame(CheckpointKey key, long sequence) throws IOException {
    Optional<Frame> inMemory = window.get(key, sequence);
    if (inMemory.isPresent()) {
      return inMemory;
    }
    Optional<Frame> read =
        self.store().frame(key, sequence).map(step -> new Frame(key, sequence, step(step)));
    if (read.isPresent()) {
      cluster.coverage().count(Schedule.FED_FROM_LOG);
    }
    return read;
  }

  private Frame.Step step(StagedFrame frame) {
    return switch (frame) {
      case StagedFrame.Opened opened ->
          new Frame.Step.Open(opened.checkpoint(), self.store().applied().index());
      case StagedFrame.Batch batch ->
          new Frame.Step.Batch(
              batch.region(), batch.tract(), batch.table(), batch.payload(), Optional.empty());
      case StagedFrame.ZeroTracts zero ->
          new Frame.Step.ZeroTracts(zero.region(), zero.firstTract(), zero.count());
      case StagedFrame.Slim slim ->
          new Frame.Step.Slim(slim.offset(), slim.checksum(), slim.bytes());
      case StagedFrame.Finished finished -> new Frame.Step.Finish(finished.content());
    };
  }

  /** This machine, or another, states something. */
  void stated(Statement said) {
    Forwarded one = forwarded.get(said.key());
    Statement statement =
        one == null ? said : cluster.rules().heard(said, one.available(), one.claimed());
    holders.stated(statement);
    if (one == null) {
      return;
    }
    one.said(statement.peer().node(), statement.says());
    watch.held(one.key, one.reachedByMajority(voters()));
    check(one);
  }

  private void check(Forwarded one) {
    Command.Content own = one.own();
    if (own != null && !one.held.isDone()) {
      holders(one).ifPresent(by -> one.held.complete(new Forwarded.Held(own, by)));
    }
  }

  /** Another one leads now: how far is what is under way here? */
  void countPhases() {
    for (Forwarded one : forwarded.values()) {
      cluster
          .coverage()
          .count(
              one.claimed() != null
                  ? Schedule.LEADER_CHANGE_BEFORE_COMMIT
                  : one.available() > 1
                      ? Schedule.LEADER_CHANGE_AMONG_FRAMES
                      : Schedule.LEADER_CHANGE_BEFORE_FRAMES);
    }
  }

  /** Who holds it by now, if that is enough: asked again when the commit is proposed (R17). */
  Optional<List<String>> holders(Forwarded one) {
    Command.Content own = one.own();
    return own == null
        ? Optional.empty()
        : holders.holders(one.key, own.digest(), voters(), one.durability);
  }

  boolean isOpenForMore() {
    return watch.isOpenForMore();
  }

  /** From time to time. */
  void tick() {
    long now = cluster.nanos();
    List.copyOf(streams).forEach(ServedStream::advance);
    for (Forwarded one : List.copyOf(forwarded.values())) {
      check(one);
      failIfLate(one, now);
      forgetIfOver(one);
    }
    boolean overdue =
        watch.isOverdue(now, NO_MAJORITY)
            || forwarded.values().stream().anyMatch(one -> waitsTooLong(one, now));
    if (overdue && cluster.raft().isCurrent(self.name())) {
      refuseOverdue(now);
    }
  }

  private static boolean waitsTooLong(Forwarded one, long now) {
    return one.durability == Durability.QUORUM
        && !one.asked
        && one.waitedNanos(now) > NO_MAJORITY.toNanos();
  }

  private void failIfLate(Forwarded one, long now) {
    if (one.asked) {
      boolean all =
          Stream.concat(voters().voters().stream(), voters().alsoNeeded().stream())
              .allMatch(node -> node.equals(self.name()) || one.hasAnswered(node));
      if (one.own() != null && all || one.waitedNanos(now) > SETTLE.toNanos()) {
        refuse(one, "asked anew, too few hold it");
      } else if (!one.held.isDone()) {
        peers().forEach(peer -> peer.ask(one));
      }
    } else if (one.durability == Durability.ALL && one.waitedNanos(now) > ALL_DEADLINE.toNanos()) {
      refuse(one, "not all have stated it");
    }
  }

  private void refuseOverdue(long now) {
    for (Forwarded one : List.copyOf(forwarded.values())) {
      boolean behind = one.reachedByMajority(voters()) < one.available();
      if (behind || waitsTooLong(one, now)) {
        refuse(one, "no majority has its bytes");
        watch.forget(one.key);
      }
    }
  }

  private static void refuse(Forwarded one, String why) {
    one.held.completeExceptionally(new Refusal(Rejection.NO_MAJORITY, one.key + ": " + why));
  }

  /** Late frames may still complete what is committed. */
  private void forgetIfOver(Forwarded one) {
    boolean over =
        switch (self.fate(one.key)) {
          case ABORTED -> true;
          case COMMITTED, RETIRED ->
              peers.values().stream().noneMatch(peer -> peer.isFeeding(one.key))
                  || window.get(one.key, one.available() - 1).isEmpty();
          case OPEN, UNKNOWN -> false;
        };
    if (over) {
      one.held.completeExceptionally(
          new Refusal(Rejection.ABORTED, one.key + " was ended by the log"));
      forget(one.key);
    }
  }

  private void forget(CheckpointKey key) {
    forwarded.remove(key);
    window.drop(key);
    watch.forget(key);
    holders.forget(key);
    peers.values().forEach(peer -> peer.forget(key));
  }
}
