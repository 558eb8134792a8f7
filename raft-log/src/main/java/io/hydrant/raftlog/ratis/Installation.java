package io.hydrant.raftlog.ratis;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.ReplicatedStateMachine;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The install of state that the leader has asked for, and what Ratis knows of it.
 *
 * <pre>
 *   state      event                            next
 *   IDLE       the leader notifies              RUNNING   nothing is applied
 *   RUNNING    the machine has switched         ANSWERED  entries up to the new position are dropped
 *   RUNNING    the machine has failed           IDLE      Ratis hears of it a little later, and the leader notifies again
 *   RUNNING    another leader                   RUNNING   Ratis is told that this failed, or it would take nothing of the new leader
 *   ANSWERED   the leader notifies: Ratis asks  IDLE      it has purged the log and goes on behind the new position
 *              to pause
 * </pre>
 *
 * The state is switched durably before Ratis hears of it: Ratis purges the log at once, and only
 * then comes back. From the notification on Ratis refuses every entry until its future is done, and
 * it looks at the future only at the next notification. If that never comes, because the leader
 * changed in between and the new one has older entries, Ratis 3.3.0 refuses entries for ever:
 * {@link #tick} then ends the replica, whose next life finds the state and a log that is behind.
 */
final class Installation {
  private static final Logger LOG = LoggerFactory.getLogger(Installation.class);

  /** Between a failure and the next attempt. */
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Far above the time between two notifications. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final ReplicatedStateMachine machine;
  private final ApplyGate gate;
  private final Owner owner;
  private final String threadName;

  /** What Ratis waits for. */
  private @Nullable CompletableFuture<TermIndex> awaited;

  private boolean running;

  /** What was installed, until Ratis has taken it. */
  private @Nullable LogPosition answered;

  private @Nullable Throwable failure;
  private long failureNanos;
  private long leaderChangedNanos;
  private boolean leaderChangedSince;

  /** Whoever applies entries. */
  interface Owner {
    LogPosition applied();

    /** The state is at the position now, durably; nobody is applying. */
    void installed(LogPosition position);

    /** Goes on as if nothing was applied any more. */
    void fatal(Throwable cause);
  }

  Installation(ReplicatedStateMachine machine, ApplyGate gate, Owner owner, String threadName) {
    this.machine = machine;
    this.gate = gate;
    this.owner = owner;
    this.threadName = threadName;
  }

  /** Under Ratis' lock: returns at once, and never throws, or Ratis would wait for ever. */
  synchronized CompletableFuture<TermIndex> notified(LogPosition firstAvailable, Peer leader) {
    LogPosition done = answered;
    if (done != null && done.index() >= firstAvailable.index()) {
      return CompletableFuture.completedFuture(termIndex(done));
    }
    CompletableFuture<TermIndex> future = new CompletableFuture<>();
    awaited = future;
    if (!running) {
      running = true;
      Thread.ofPlatform().name(threadName).daemon().start(() -> attempt(firstAvailable, leader));
    }
    return future;
  }

  private void attempt(LogPosition firstAvailable, Peer leader) {
    LOG.info("{}: state is needed up to {} or later, from {}", threadName, firstAvailable, leader);
    if (!gate.enter()) {
      return; // closing
    }
    CompletableFuture<LogPosition> attempt;
    try {
      attempt = machine.install(firstAvailable, leader);
    } catch (RuntimeException e) {
      attempt = CompletableFuture.failedFuture(e);
    }
    attempt.whenComplete((position, thrown) -> {
      if (thrown == null) {
        switched(firstAvailable, position);
      } else {
        failed(thrown);
      }
    });
  }

  private void switched(LogPosition firstAvailable, LogPosition position) {
    LogPosition applied = owner.applied();
    if (position.index() < firstAvailable.index() || position.index() < applied.index()) {
      owner.fatal(
          new IllegalStateException(
              "state was installed at "
                  + position
                  + ", but "
                  + firstAvailable
                  + " is the first available entry and "
                  + applied
                  + " was applied"));
      gate.leave();
      return;
    }
    CompletableFuture<TermIndex> future;
    synchronized (this) {
      running = false;
      answered = position;
      leaderChangedSince = false;
      future = awaited;
      awaited = null;
    }
    owner.installed(position);
    gate.leave();
    LOG.info("{}: state is installed at {}", threadName, position);
    if (future != null) {
      future.complete(termIndex(position));
    }
  }

  private void failed(Throwable cause) {
    synchronized (this) {
      running = false;
      failure = cause;
      failureNanos = System.nanoTime();
    }
    gate.leave();
    LOG.warn("{}: installing state failed; trying again: {}", threadName, cause.toString());
  }

  /** Under Ratis' lock. */
  void leaderChanged(long nowNanos) {
    CompletableFuture<TermIndex> future;
    synchronized (this) {
      future = awaited;
      awaited = null;
      if (!leaderChangedSince) {
        leaderChangedSince = true;
        leaderChangedNanos = nowNanos;
      }
    }
    if (future != null) {
      future.completeExceptionally(new IOException("the leader has changed"));
    }
  }

  /** Ratis has the answer, and holds the position from here on. */
  synchronized void taken() {
    answered = null;
  }

  /** Whether Ratis knows all that was installed. */
  synchronized boolean isTaken() {
    return answered == null;
  }

  /** Called now and then: tells Ratis of a failure, and looks whether it is stuck. */
  void tick(long nowNanos) {
    CompletableFuture<TermIndex> future = null;
    Throwable cause;
    boolean stuck;
    synchronized (this) {
      cause = failure;
      if (cause != null && nowNanos - failureNanos > RETRY_NANOS) {
        failure = null;
        if (!running) {
          future = awaited;
          awaited = null;
        }
      }
      stuck = answered != null && leaderChangedSince && nowNanos - leaderChangedNanos > STUCK_NANOS;
      if (stuck) {
        answered = null;
      }
    }
    if (future != null && cause != null) {
      future.completeExceptionally(cause);
    }
    if (stuck) {
      owner.fatal(
          new IOException(
              "the leader changed just after state was installed, and Ratis takes no more entries:"
                  + " start the replica again, the state is safe"));
    }
  }

  private static TermIndex termIndex(LogPosition position) {
    return TermIndex.valueOf(position.term(), position.index());
  }
}
