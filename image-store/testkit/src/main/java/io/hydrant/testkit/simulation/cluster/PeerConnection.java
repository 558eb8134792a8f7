package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.SendCursor;
import io.hydrant.engine.replica.Statement;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.store.Refusal;
import io.hydrant.testkit.simulation.cluster.SimulatedNetwork.Plane;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A leader's connection to one other machine: the server's {@code PeerLink} and {@code
 * ReplicaSender} without their threads. Frames and statements keep their order while the stream
 * holds; what is in flight when it breaks is lost, or arrives late.
 */
final class PeerConnection {
  private static final int IN_FLIGHT_MAX = 8;

  private final SimulatedMachine from;
  private final LeaderRole leader;
  private final SimulatedMachine to;
  private final Cluster cluster;
  private final TreeMap<CheckpointKey, Feed> feeds = new TreeMap<>();
  private final TreeSet<CheckpointKey> asking = new TreeSet<>();
  private final ArrayDeque<Frame> frames = new ArrayDeque<>();
  private final ArrayDeque<Statement> statements = new ArrayDeque<>();

  /** As it greeted last; null before. */
  private @Nullable PeerLife peer;

  /** Counts streams; what comes of an earlier one is late. */
  private long stream;

  private boolean open;

  private static final class Feed {
    final Forwarded one;
    SendCursor cursor = new SendCursor();
    boolean asked;
    boolean over;

    Feed(Forwarded one) {
      this.one = one;
    }
  }

  PeerConnection(SimulatedMachine from, LeaderRole leader, SimulatedMachine to) {
    this.from = from;
    this.leader = leader;
    this.to = to;
    this.cluster = from.cluster();
  }

  boolean isOpen() {
    return open;
  }

  /** Greets and opens a stream, if the other one answers. */
  void connect() {
    if (open || !leader.isLeading() || !cluster.reachBothWays(Plane.DATA, from.name(), to.name())) {
      return;
    }
    PeerLife now = to.self();
    boolean another = peer != null && !now.equals(peer);
    peer = now;
    open = true;
    stream++;
    leader.greeted(now);
    for (Feed feed : feeds.values()) {
      if (another) {
        feed.cursor = new SendCursor();
        feed.asked = feed.one.claimed() != null;
        feed.over = false;
      }
      if (feed.asked) {
        ask(feed.one);
      }
    }
  }

  /** The stream breaks: what is in flight is lost, or comes late. */
  void breakStream() {
    if (!open) {
      return;
    }
    open = false;
    cluster.coverage().count(Schedule.STREAM_BROKEN);
    PeerLife was = peer;
    long old = stream;
    for (Frame frame : frames) {
      if (was != null) {
        cluster
            .network()
            .sendLate(() -> {
              cluster.coverage().count(Schedule.LATE_FRAME);
              arrive(frame, was, old);
            });
      }
    }
    for (Statement statement : statements) {
      cluster
          .network()
          .sendLate(() -> {
            cluster.coverage().count(Schedule.LATE_STATEMENT);
            hear(statement);
          });
    }
    frames.clear();
    statements.clear();
    feeds.values().forEach(feed -> feed.cursor.broken());
  }

  /** The leader leads no more. */
  void drop() {
    breakStream();
    feeds.clear();
  }

  void forget(CheckpointKey key) {
    feeds.remove(key);
    asking.remove(key);
  }

  boolean isFeeding(CheckpointKey key) {
    Feed feed = feeds.get(key);
    return open && feed != null && !feed.over;
  }

  /** Sends the next frame of one of the checkpoints under way; whether it did. */
  boolean pump() throws IOException {
    for (Forwarded one : leader.underWay()) {
      feeds.computeIfAbsent(one.key, _ -> new Feed(one));
    }
    if (!open || frames.size() >= IN_FLIGHT_MAX) {
      return false;
    }
    List<Feed> turns = List.copyOf(feeds.values());
    int first = turns.isEmpty() ? 0 : cluster.random().nextInt(turns.size());
    for (int i = 0; i < turns.size(); i++) {
      if (send(turns.get((first + i) % turns.size()))) {
        return true;
      }
    }
    return false;
  }

  private boolean send(Feed feed) throws IOException {
    OptionalLong next =
        feed.asked || feed.over ? OptionalLong.empty() : feed.cursor.next(feed.one.available());
    if (next.isEmpty()) {
      return false;
    }
    Optional<Frame> frame = leader.frame(feed.one.key, next.getAsLong());
    if (frame.isEmpty()) {
      feed.over = from.fate(feed.one.key).isFinal();
      return false;
    }
    frames.add(frame.get());
    feed.cursor.sent(next.getAsLong());
    return true;
  }

  /** The next frame arrives; whether one did. */
  boolean deliverFrame() throws IOException {
    PeerLife life = peer;
    if (!open || life == null || frames.isEmpty()) {
      return false;
    }
    if (!to.isUp() || !to.self().equals(life)) {
      breakStream();
      return true;
    }
    if (!cluster.reaches(Plane.DATA, from.name(), to.name())) {
      return false;
    }
    long now = stream;
    Frame frame = frames.remove();
    SimulationStep.on(to, () -> to.receive(frame, says -> say(frame.key(), life, says, now)));
    return true;
  }

  /** A frame of a stream that broke arrives, if the process that it went to still runs. */
  private void arrive(Frame frame, PeerLife life, long old) {
    if (to.isRunning() && to.self().equals(life)) {
      SimulationStep.on(to, () -> to.receive(frame, says -> say(frame.key(), life, says, old)));
    }
  }

  private void say(CheckpointKey key, PeerLife life, Says says, long of) {
    if (open && of == stream) {
      statements.add(new Statement(key, life, says));
    }
  }

  /** The next statement arrives; whether one did. */
  boolean deliverStatement() {
    if (!open
        || statements.isEmpty()
        || !cluster.network().isOpen(Plane.DATA, to.name(), from.name())) {
      return false;
    }
    hear(statements.remove());
    return true;
  }

  private void hear(Statement statement) {
    if (!leader.isLeading() || !from.isRunning()) {
      return;
    }
    Feed feed = feeds.get(statement.key());
    if (feed != null && statement.peer().equals(peer)) {
      switch (statement.says()) {
        case Says.Took took -> {
          if (feed.asked) {
            ask(feed.one);
          } else {
            feed.cursor.took(took.nextSequence());
          }
        }
        case Says.Gap gap -> feed.cursor.gap(gap.sequence());
        case Says.Holds _ -> feed.over = true;
        case Says.Refuses _ -> {
          feed.over |= !feed.asked;
          feed.asked = false;
        }
      }
    }
    leader.stated(statement);
  }

  /** Asks what the other one holds; the answer comes at some time, or not at all. */
  void ask(Forwarded one) {
    PeerLife life = peer;
    var claimed = one.claimed();
    if (!open || life == null || claimed == null || !asking.add(one.key)) {
      return;
    }
    cluster
        .network()
        .sendLate(() -> {
          if (!cluster.reaches(Plane.DATA, from.name(), to.name()) || !to.self().equals(life)) {
            asking.remove(one.key);
            return;
          }
          SimulationStep.on(
              to,
              () -> {
                try {
                  to.store()
                      .staged(one.key, one.epoch)
                      .finish(claimed)
                      .whenComplete((own, _) -> {
                        if (own != null) {
                          to.holds(one.key);
                          answer(one, life, new Says.Holds(own.digest()));
                        }
                      });
                } catch (Refusal e) {
                  answer(one, life, new Says.Refuses(e.rejection(), "" + e.getMessage()));
                }
              });
        });
  }

  private void answer(Forwarded one, PeerLife life, Says says) {
    cluster
        .network()
        .sendLate(() -> {
          asking.remove(one.key);
          if (cluster.network().isOpen(Plane.DATA, to.name(), from.name())) {
            hear(new Statement(one.key, life, says));
          }
        });
  }
}
