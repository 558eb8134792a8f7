package io.hydrant.client;

import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Takes the attempts of a {@link WriteCall} to the next leader: settles what had asked for its
 * commit, base first, finds the leader, and sends the rest there once more. Ends when all of it is
 * sent, or no attempt is left: each has its own deadline.
 */
final class WriteMove {
  /** An election's end should not be slept through. */
  private static final long PAUSE_NANOS_MAX = 50_000_000;

  /** Leaders that lead and then fail at once, without a commit in between. */
  private static final int MOVES_MAX = 20;

  private final Connections connections;
  private final WriteState state;

  WriteMove(Connections connections, WriteState state) {
    this.connections = connections;
    this.state = state;
  }

  /** Waits; run it where that is allowed. */
  void run() {
    try {
      for (int round = 1; ; round++) {
        while (settleNext()) {
          // until nothing is open that may have been committed
        }
        if (endMoveIfIdle()) {
          return;
        }
        Member leader = connections.leaderProbe().findLeader();
        if (leader != null) {
          WriteStream next = reopen(leader);
          if (next != null && resend(next)) {
            return;
          }
        }
        RetryPolicy retries = connections.config().retries();
        long nanos = retries.pauseNanos(round, ThreadLocalRandom.current());
        TimeUnit.NANOSECONDS.sleep(Math.min(nanos, PAUSE_NANOS_MAX));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      giveUp(new CancelledException("moving to another leader: interrupted", e));
    } catch (RuntimeException e) {
      // Whoever waits for the move would wait for ever.
      giveUp(new UnavailableException("moving to another leader failed: " + e, e));
      throw e;
    }
  }

  /** Settles the first one that may have been committed; false if there is none. */
  private boolean settleNext() {
    Attempt next = null;
    state.lock();
    try {
      for (Attempt attempt : state.attempts.values()) {
        if (next == null && attempt.state() == Attempt.State.SETTLING) {
          next = attempt;
        }
      }
    } finally {
      state.unlock();
    }
    if (next == null) {
      return false;
    }
    state.settle(next);
    return true;
  }

  /** Whether there is nothing to move any more. */
  private boolean endMoveIfIdle() {
    state.lock();
    try {
      if (connections.isClosed() && !state.attempts.isEmpty()) {
        state.settleOrEndAll(
            List.copyOf(state.attempts.values()),
            new CancelledException("the client was closed, nothing of it was committed", null));
      }
      if (state.moving == null || !state.attempts.isEmpty()) {
        return false;
      }
      state.moving = null; // the next open connects anew
      state.changed.signalAll();
      return true;
    } finally {
      state.unlockAndComplete();
    }
  }

  private void giveUp(HydrantException why) {
    state.lock();
    try {
      state.moving = null;
      for (Attempt attempt : List.copyOf(state.attempts.values())) {
        if (attempt.state() == Attempt.State.SETTLING) {
          // This was to settle it, and nobody else does.
          state.endUnknown(
              attempt,
              new UnknownOutcomeException(
                  "checkpoint %d of image %d: its commit was sent, and what became of it was not found out"
                      .formatted(attempt.checkpoint(), state.imageUid),
                  why));
        }
      }
      state.breakOff(why);
    } finally {
      state.unlockAndComplete();
    }
  }

  /** Opens all attempts under a new leader; null if none is left. */
  private @Nullable WriteStream reopen(Member leader) {
    WriteStream next = null;
    state.lock();
    try {
      HydrantException why = state.moving;
      boolean tooOften = ++state.moves > MOVES_MAX;
      for (Attempt attempt : List.copyOf(state.attempts.values())) {
        if (attempt.state() == Attempt.State.ENDED) {
          continue; // with its base, a moment ago
        }
        Attempt base = attempt.base();
        HydrantException baseFailure = base == null ? null : base.failure();
        if (baseFailure != null) {
          state.endLine(attempt, baseFailure);
        } else if (why != null && tooOften) {
          state.endLine(attempt, why);
        }
      }
      if (!state.attempts.isEmpty()) {
        next = state.connect(leader);
        // All opens first: a base that is committed can not be named by its attempt any more.
        for (Attempt attempt : state.attempts.values()) {
          OpenCheckpoint.Builder open = attempt.replay.open();
          Attempt base = attempt.base();
          if (base != null) {
            state.nameBase(open, base);
          }
          state.queue(state.request(attempt).setOpen(open).build());
        }
      }
    } finally {
      state.unlockAndComplete();
    }
    state.drain();
    return next;
  }

  /** Sends what was kept of all attempts; false if the stream was lost meanwhile. */
  private boolean resend(WriteStream next) throws InterruptedException {
    List<Attempt> line;
    state.lock();
    try {
      line = List.copyOf(state.attempts.values());
    } finally {
      state.unlock();
    }
    for (Attempt attempt : line) {
      int position = 0;
      for (WriteCheckpointRequest message = kept(attempt, position, next);
          message != null;
          message = kept(attempt, ++position, next)) {
        next.sender().send(message);
      }
    }
    state.lock();
    try {
      if (state.stream != next) {
        return false;
      }
      state.moving = null;
      state.queueCommits();
      state.endIfDone();
      state.changed.signalAll();
    } finally {
      state.unlock();
    }
    state.drain();
    return true;
  }

  /** Waits for room; null behind the last message, and if there is no use in sending it. */
  private @Nullable WriteCheckpointRequest kept(Attempt attempt, int position, WriteStream next)
      throws InterruptedException {
    state.lock();
    try {
      while (state.stream == next && attempt.failure() == null && !next.isReady()) {
        state.changed.await();
      }
      if (state.stream != next || attempt.failure() != null) {
        return null;
      }
      attempt.progressed();
      return attempt.replay.message(position);
    } finally {
      state.unlock();
    }
  }
}
