package io.hydrant.node.replication;

import io.hydrant.engine.model.EntryPosition;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.ReplicatedStateMachine;
import io.hydrant.raftlog.StateOrigin;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Feeds the image store with the log's entries, in order. */
public final class StoreStateMachine implements ReplicatedStateMachine {
  private static final Logger LOG = LoggerFactory.getLogger(StoreStateMachine.class);

  private final ReplicatedStore store;
  private final LeadershipListener leadership;
  private final FailStop failStop;

  /** Hears of changes of leadership; any thread; must not block. */
  @FunctionalInterface
  public interface LeadershipListener {
    void changed(boolean leader, long term);
  }

  public StoreStateMachine(
      ReplicatedStore store, LeadershipListener leadership, FailStop failStop) {
    this.store = store;
    this.leadership = leadership;
    this.failStop = failStop;
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

  /** A group of one has nobody to install from. */
  @Override
  public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
    return CompletableFuture.failedFuture(
        new UnsupportedOperationException("state cannot be installed yet"));
  }

  @Override
  public StateOrigin origin() {
    return store.isRecovered() ? StateOrigin.RECOVERED : StateOrigin.REPLAYED;
  }

  /** Nothing depends on it: the group is one. */
  @Override
  public void membershipChanged(Membership membership) {}

  @Override
  public void failed(Throwable cause) {
    failStop.stop("the replicated log has stopped", cause);
  }

  private static LogPosition logPosition(EntryPosition position) {
    return new LogPosition(position.term(), position.index());
  }

  private static EntryPosition entryPosition(LogPosition position) {
    return new EntryPosition(position.term(), position.index());
  }
}
