package io.hydrant.node.replication;

import io.hydrant.engine.model.EntryPosition;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.ReplicatedStateMachine;
import io.hydrant.raftlog.StateOrigin;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Feeds the image store with the log's entries, in order, or with another replica's state where the
 * log has none of them left.
 */
public final class StoreStateMachine implements ReplicatedStateMachine, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StoreStateMachine.class);

  private final ReplicatedStore store;
  private final LeadershipListener leadership;
  private final FailStop failStop;
  private final StateInstall installs;

  /** Hears of changes of leadership; any thread; must not block. */
  @FunctionalInterface
  public interface LeadershipListener {
    void changed(boolean leader, long term);
  }

  /**
   * @param source closed with this
   */
  public StoreStateMachine(
      ReplicatedStore store,
      MetadataSource source,
      LeadershipListener leadership,
      FailStop failStop) {
    this.store = store;
    this.leadership = leadership;
    this.failStop = failStop;
    this.installs = new StateInstall(store, source, failStop);
  }

  @Override
  public LogPosition restored() {
    return logPosition(store.snapshotPosition());
  }

  @Override
  public byte[] apply(LogPosition position, byte[] command) throws Exception {
    return OutcomeCodec.encode(store.apply(entryPosition(position), EntryCodec.decode(command)));
  }

  @Override
  public void skip(LogPosition position) {
    store.skip(entryPosition(position));
  }

  @Override
  public LogPosition snapshot() {
    EntryPosition durable = store.snapshotPosition();
    if (durable.compareTo(store.applied()) < 0) {
      store
          .snapshot()
          .whenComplete((position, failure) -> {
            if (failure != null) {
              failStop.stop("writing a snapshot failed", Replication.cause(failure));
            }
          });
    }
    return logPosition(durable);
  }

  @Override
  public void leadershipChanged(boolean leader, long term) {
    LOG.info("{} in term {}", leader ? "leading" : "not leading", term);
    leadership.changed(leader, term);
  }

  @Override
  public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
    return installs.begin(firstAvailable, leader);
  }

  @Override
  public StateOrigin origin() {
    if (store.isRecovered()) {
      return StateOrigin.RECOVERED;
    }
    return store.isInstalled() ? StateOrigin.INSTALLED : StateOrigin.REPLAYED;
  }

  /** Who asks for the members asks the log: this is told to people. */
  @Override
  public void membershipChanged(Membership membership) {
    LOG.info(
        "members as of entry {}: voters {}{}{}",
        membership.index(),
        ids(membership.voters()),
        membership.oldVoters().isEmpty() ? "" : ", before " + ids(membership.oldVoters()),
        membership.listeners().isEmpty() ? "" : ", joining " + ids(membership.listeners()));
  }

  private static List<String> ids(List<Peer> peers) {
    return peers.stream().map(Peer::id).sorted().toList();
  }

  @Override
  public void failed(Throwable cause) {
    failStop.stop("the replicated log has stopped", cause);
  }

  /** Before the store: waits for a switch of its state that is under way. */
  @Override
  public void close() throws InterruptedException {
    installs.close();
  }

  private static LogPosition logPosition(EntryPosition position) {
    return new LogPosition(position.term(), position.index());
  }

  private static EntryPosition entryPosition(LogPosition position) {
    return new EntryPosition(position.term(), position.index());
  }
}
