package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.ReplicatedStateMachine;
import io.hydrant.raftlog.StateOrigin;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** Applies nothing, quickly: for probes. */
final class NullMachine implements ReplicatedStateMachine {
  final CountDownLatch led = new CountDownLatch(1);
  final AtomicInteger applied = new AtomicInteger();

  @Override
  public LogPosition restored() {
    return LogPosition.NONE;
  }

  @Override
  public byte[] apply(LogPosition position, byte[] command) {
    applied.incrementAndGet();
    return command;
  }

  @Override
  public void skip(LogPosition position) {}

  @Override
  public LogPosition snapshot() {
    return LogPosition.NONE;
  }

  @Override
  public void leadershipChanged(boolean leader, long term) {
    if (leader) {
      led.countDown();
    }
  }

  @Override
  public StateOrigin origin() {
    return StateOrigin.REPLAYED;
  }

  @Override
  public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
    return CompletableFuture.failedFuture(new UnsupportedOperationException());
  }

  @Override
  public void membershipChanged(Membership membership) {}

  @Override
  public void failed(Throwable cause) {
    cause.printStackTrace();
  }
}
