package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.FrameWindow;
import io.hydrant.engine.replica.HolderTable;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.MajorityWatch;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.replica.Successor;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.cluster.MemberNews;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.pace.CalmWatch;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The leader's side of the data plane: what is under way, who said what of it, and when that is
 * enough. Never waits for a peer. Safe for use by many threads.
 */
final class LeaderStreams {
  private static final Logger LOG = LoggerFactory.getLogger(LeaderStreams.class);

  /** A hand-over takes a while to show; another one meanwhile would undo it. */
  private static final long HAND_OVER_NANOS_MIN = 10_000_000_000L;

  /**
   * Of the time for a first answer: a replica that reads gigabytes back is waited for, one whose
   * log stands is not waited for for ever.
   */
  private static final int LOOKING_MAX = 30;

  /** Enough for one that is there, but has just lost its connection, to answer after all. */
  private static final long AWAY_NANOS = 300_000_000L;

  private final PeerLife self;
  private final PeerPlaneConfig config;
  private final PeerStore store;
  private final PeerGroup group;
  private final MemberNews news;
  private final LongSupplier nanoTime;

  private final FrameWindow window;
  private final MajorityWatch watch;
  private final HolderTable holders = new HolderTable();
  private final Map<CheckpointKey, Forwarding> forwardings = new ConcurrentHashMap<>();
  private final Queue<Runnable> slowed = new ConcurrentLinkedQueue<>();

  /** Of how long ends wait until enough replicas hold them. */
  private volatile CalmWatch calm = new CalmWatch();

  private final AtomicBoolean asking = new AtomicBoolean();
  private volatile Peers peers = new Nobody();
  private volatile boolean leading;
  private volatile long handedOverNanos;

  /** The other members, as far as sending goes. None of it waits. */
  interface Peers {
    /** There is more of a checkpoint to send. */
    void available(Forwarding forwarding);

    /** Asks those that have not answered what they hold; answers come as statements. */
    void ask(Forwarding forwarding);

    void forget(CheckpointKey key);

    /** Whether one that is connected has not got all of it. */
    boolean isFeeding(CheckpointKey key);

    /** Whether a member can answer: it was greeted, and its connection holds. */
    boolean isThere(String node);
  }

  private static final class Nobody implements Peers {
    @Override
    public void available(Forwarding forwarding) {}

    @Override
    public void ask(Forwarding forwarding) {}

    @Override
    public void forget(CheckpointKey key) {}

    @Override
    public boolean isFeeding(CheckpointKey key) {
      return false;
    }

    @Override
    public boolean isThere(String node) {
      return false;
    }
  }

  LeaderStreams(
      PeerLife self,
      PeerPlaneConfig config,
      PeerStore store,
      PeerGroup group,
      MemberNews news,
      LongSupplier nanoTime) {
    this.self = self;
    this.config = config;
    this.store = store;
    this.group = group;
    this.news = news;
    this.nanoTime = nanoTime;
    this.window = new FrameWindow(config.windowBytes());
    this.watch = new MajorityWatch(config.lagBytesMax());
    this.handedOverNanos = nanoTime.getAsLong() - HAND_OVER_NANOS_MIN;
    holders.greeted(self);
  }

  /** Who to send to; once, before anything is forwarded. */
  void to(Peers others) {
    peers = others;
  }

  /**
   * How long ends of checkpoints wait until enough replicas hold them, of those that came here;
   * nothing unless this replica leads: what it saw before says nothing of now, and whoever leads
   * speaks.
   */
  CalmWatch.Word commitWait() {
    if (!leading) {
      return CalmWatch.Word.NOTHING;
    }
    long now = nanoTime.getAsLong();
    long longest =
        forwardings.values().stream()
            .filter(forwarding -> !forwarding.isAsked())
            .mapToLong(forwarding -> forwarding.waitedNanos(now))
            .max()
            .orElse(0);
    return calm.word(longest, now);
  }

  /** This replica leads from now on. */
  void lead() {
    calm = new CalmWatch();
    leading = true;
  }

  /**
   * It does not lead any more: whatever waits for holders will not learn of them here. Nothing is
   * aborted by it.
   */
  void stop() {
    leading = false;
    for (Forwarding forwarding : forwardings.values()) {
      forwarding.fail(
          new ApiException(
              Reason.REASON_NO_LEADER, "this node does not lead its group any more: Settle it"));
      forget(forwarding.key());
    }
    welcomeMore();
  }

  /** A peer's greeting was accepted. */
  void greeted(PeerLife peer) {
    holders.greeted(peer);
  }

  /** The checkpoint that is under way by that key, if there is one that did not fail. */
  Optional<Forwarding> underWay(CheckpointKey key) {
    return Optional.ofNullable(forwardings.get(key))
        .filter(forwarding -> !forwarding.held().isCompletedExceptionally());
  }

  /** Begins to count who holds a checkpoint. */
  Forwarding begin(Forwarding forwarding) {
    CheckpointKey key = forwarding.key();
    holders.begin(key);
    forwardings.put(key, forwarding);
    if (!leading) {
      forwarding.fail(
          new ApiException(
              Reason.REASON_NO_LEADER, "this node does not lead its group any more: Settle it"));
      forget(key);
    }
    return forwarding;
  }

  /**
   * Sends a step on that this replica has taken.
   *
   * @param bytes that it keeps from being collected
   */
  void forward(Forwarding forwarding, Frame.Step step, long bytes) {
    CheckpointKey key = forwarding.key();
    if (forwardings.get(key) != forwarding) {
      return;
    }
    long sequence = forwarding.available();
    window.add(new Frame(key, sequence, step), bytes);
    watch.appended(key, sequence, bytes, nanoTime.getAsLong());
    forwarding.took(self.node());
    watch.held(key, forwarding.reachedByMajority(group.voters()));
    peers.available(forwarding);
  }

  /** A frame for a peer: from memory, or read back. */
  Optional<Frame> frame(CheckpointKey key, long sequence) throws IOException {
    Optional<Frame> inMemory = frameInMemory(key, sequence);
    return inMemory.isPresent()
        ? inMemory
        : store.frame(key, sequence).map(step -> new Frame(key, sequence, step));
  }

  /** The same, if it need not be read back. */
  Optional<Frame> frameInMemory(CheckpointKey key, long sequence) {
    return window.get(key, sequence);
  }

  /** This replica, or another, states something. */
  void stated(Statement statement) {
    holders.stated(statement);
    Forwarding forwarding = forwardings.get(statement.key());
    if (forwarding == null) {
      return;
    }
    forwarding.said(statement.peer().node(), statement.says());
    if (statement.says() instanceof Says.Took) {
      forwarding.looking(nanoTime.getAsLong());
    }
    Voters voters = group.voters();
    watch.held(statement.key(), forwarding.reachedByMajority(voters));
    forwarding.tellDurable(voters);
    welcomeMore();
    check(forwarding, voters);
  }

  /** This replica holds all of it. */
  void holdsHere(Forwarding forwarding, Command.Content own) {
    forwarding.holdsHere(own);
    stated(new Statement(forwarding.key(), self, new Says.Holds(own.digest())));
  }

  /** This replica has so many batches durably. */
  void durableHere(Forwarding forwarding, int patches) {
    stated(new Statement(forwarding.key(), self, new Says.Took(forwarding.available(), patches)));
  }

  /** The end of a checkpoint came, or somebody asks what became of it. */
  void finishing(Forwarding forwarding, Command.Content claimed) {
    forwarding.finishing(claimed, nanoTime.getAsLong());
    if (forwarding.isAsked()) {
      peers.ask(forwarding);
    }
  }

  private void check(Forwarding forwarding, Voters voters) {
    Command.Content own = forwarding.own();
    if (own != null && !forwarding.held().isDone()) {
      holders
          .holders(forwarding.key(), own.digest(), voters, forwarding.durability())
          .ifPresent(by -> {
            long now = nanoTime.getAsLong();
            long waited = forwarding.waitedNanos(now);
            if (forwarding.held().complete(new Held(own, by)) && !forwarding.isAsked()) {
              calm.took(waited, now);
            }
          });
    }
  }

  /** As {@link GroupStaging#requireHeld}. */
  void requireHeld(Durability durability, Held held) throws Refusal {
    Voters voters = group.voters();
    Set<String> by = Set.copyOf(held.holders());
    boolean enough =
        switch (durability) {
          case QUORUM -> voters.isMajority(by);
          case ALL -> voters.isAll(by);
        };
    if (!enough) {
      throw new Refusal(
          Rejection.NO_MAJORITY,
          "held by %s, who are not enough of the voters %s any more: members are being replaced; send it again"
              .formatted(held.holders(), voters.voters()));
    }
  }

  boolean isOpenForMore() {
    return watch.isOpenForMore();
  }

  void onOpenForMore(Runnable action) {
    slowed.add(action);
    welcomeMore();
  }

  private void welcomeMore() {
    while (watch.isOpenForMore() || !leading) {
      Runnable next = slowed.poll();
      if (next == null) {
        return;
      }
      next.run();
    }
  }

  /** From time to time. */
  void tick() {
    if (!leading) {
      return;
    }
    long now = nanoTime.getAsLong();
    Voters voters = group.voters();
    for (Forwarding forwarding : List.copyOf(forwardings.values())) {
      check(forwarding, voters);
      failIfLate(forwarding, voters, now);
      forgetIfOver(forwarding);
    }
    handOverIfFull(voters, now);
    if (isOverdue(now) && asking.compareAndSet(false, true)) {
      group
          .current()
          .whenComplete((_, failure) -> {
            asking.set(false);
            if (failure == null) {
              refuseOverdue(voters);
            }
          });
    }
  }

  private void failIfLate(Forwarding forwarding, Voters voters, long now) {
    if (forwarding.isAsked()) {
      failIfUnanswered(forwarding, voters, now);
      return;
    }
    boolean late =
        forwarding.durability() == Durability.ALL
            && forwarding.waitedNanos(now) > config.allDeadline().toNanos();
    if (late) {
      forwarding.fail(
          forwarding.tooFew(
              "durability all, but not all replicas have stated it within " + config.allDeadline(),
              voters));
    }
  }

  /**
   * Asks those again that have not answered, while there is hope. A member that is not there, as
   * the leader before is as a rule, is hardly waited for: what it alone has beside this one costs
   * its protector a second attempt, and a pause of seconds would cost every protector more.
   */
  private void failIfUnanswered(Forwarding forwarding, Voters voters, long now) {
    long waited = forwarding.waitedNanos(now);
    boolean all =
        Stream.concat(voters.voters().stream(), voters.alsoNeeded().stream())
            .filter(node -> !node.equals(self.node()))
            .allMatch(node ->
                forwarding.hasAnswered(node) || waited > AWAY_NANOS && !peers.isThere(node));
    boolean here = forwarding.own() != null;
    boolean tooLong =
        waited > config.settle().toNanos()
            || forwarding.askedForNanos(now) > LOOKING_MAX * config.settle().toNanos();
    if (here && all || tooLong) {
      forwarding.fail(
          forwarding.tooFew("asked anew, too few replicas state that they hold it", voters));
    } else if (!forwarding.held().isDone()) {
      peers.ask(forwarding);
    }
  }

  private boolean isOverdue(long now) {
    return watch.isOverdue(now, config.noMajority())
        || forwardings.values().stream().anyMatch(forwarding -> waitsTooLong(forwarding, now));
  }

  private boolean waitsTooLong(Forwarding forwarding, long now) {
    return forwarding.durability() == Durability.QUORUM
        && !forwarding.isAsked()
        && forwarding.waitedNanos(now) > config.noMajority().toNanos();
  }

  /** The log is well but bytes find no majority: this is the wrong leader. */
  private void refuseOverdue(Voters voters) {
    long now = nanoTime.getAsLong();
    if (!leading || !isOverdue(now)) {
      return;
    }
    for (Forwarding forwarding : forwardings.values()) {
      boolean behind = forwarding.reachedByMajority(voters) < forwarding.available();
      if (behind || waitsTooLong(forwarding, now)) {
        forwarding.fail(
            forwarding.tooFew("no majority has its bytes after " + config.noMajority(), voters));
        watch.forget(forwarding.key());
      }
    }
    welcomeMore();
    if (now - handedOverNanos >= HAND_OVER_NANOS_MIN) {
      handedOverNanos = now;
      Successor.of(self.node(), voters.voters(), news.seen())
          .ifPresent(node -> {
            LOG.warn(
                "no majority of {} takes bytes, though the log is well: handing leadership to {}",
                voters.voters(),
                node);
            group.handOver(node);
          });
    }
  }

  /**
   * A leader without room refuses new checkpoints and batches; a voter that has room, and lacks
   * nothing, leads instead. What is under way ends as unknown, and is settled there.
   */
  private void handOverIfFull(Voters voters, long now) {
    InventoryView own = news.seen().get(self.node());
    if (own == null
        || !own.space().nearlyFull()
        || now - handedOverNanos < HAND_OVER_NANOS_MIN
        || !voters.voters().contains(self.node())) {
      return;
    }
    Successor.withRoom(self.node(), voters.voters(), news.seen())
        .ifPresent(node -> {
          handedOverNanos = now;
          LOG.warn(
              "this node's disk is nearly full ({} bytes left): handing leadership to {}",
              own.space().freeBytes(),
              node);
          group.handOver(node);
        });
  }

  /**
   * Late frames may still complete what is committed, so peers that take them get them from memory.
   */
  private void forgetIfOver(Forwarding forwarding) {
    CheckpointKey key = forwarding.key();
    boolean over =
        switch (store.catalog().fate(key)) {
          case ABORTED -> true;
          case COMMITTED, RETIRED ->
              !peers.isFeeding(key) || window.get(key, forwarding.available() - 1).isEmpty();
          case OPEN, UNKNOWN -> false;
        };
    if (over) {
      forwarding.fail(
          new Refusal(Rejection.ABORTED, key + " was ended by the log; open a new one"));
      forget(key);
    }
  }

  /** Whether an applied entry has decided what becomes of it. */
  boolean isFinal(CheckpointKey key) {
    return store.catalog().fate(key).isFinal();
  }

  /** Nothing is sent or counted for it any more. */
  void forget(CheckpointKey key) {
    forwardings.remove(key);
    window.drop(key);
    watch.forget(key);
    holders.forget(key);
    peers.forget(key);
  }

  /** Checkpoints whose frames are sent. */
  List<Forwarding> underWay() {
    return forwardings.values().stream().filter(forwarding -> !forwarding.isAsked()).toList();
  }

  /** Of frames in memory. */
  long windowBytes() {
    return window.bytes();
  }
}
