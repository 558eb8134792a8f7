package io.hydrant.client;

import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one protection stream on one WriteCheckpoint call; where the group has other
 * members, on the calls that follow it when a leader is lost ({@link WriteMove}).
 *
 * <p>The application's side; the server's side is {@link WriteAnswers}, and what they share is
 * {@link WriteState}. Nobody waits for the network while holding its lock but on its condition.
 *
 * <p>Memory: a batch is handed to gRPC only while less than the send budget waits there (gRPC's
 * readiness), and gRPC has copied it when the hand-over returns.
 */
final class WriteCall {
  /** The API's bound of open checkpoints of one image. */
  private static final int ATTEMPTS_MAX = 2;

  /** For attempts that could go nowhere else. */
  private static final Semaphore NO_ROOM = new Semaphore(0);

  private final Connections connections;
  private final WriteState state;
  private final Semaphore replayRoom;
  private final HungLeader hungLeader;

  /**
   * @param replayBytes see {@link WriteOptions}
   */
  WriteCall(Connections connections, long imageUid, long epoch, int replayBytes) {
    this.connections = connections;
    this.state = new WriteState(connections, imageUid, epoch);
    this.replayRoom = new Semaphore(replayBytes);
    this.hungLeader = new HungLeader(connections, state);
    state.lock();
    try {
      state.connect(connections.members().leader());
    } finally {
      state.unlockAndComplete();
    }
  }

  boolean isUsable() {
    state.lock();
    try {
      return state.broken == null && !state.finishing;
    } finally {
      state.unlock();
    }
  }

  /**
   * Begins an attempt; waits while two are in flight.
   *
   * @param open without base where {@code base} is given
   */
  Attempt open(OpenCheckpoint.Builder open, @Nullable Attempt base) {
    long deadlineNanos = System.nanoTime() + state.limitNanos;
    Attempt attempt;
    state.lock();
    try {
      while (state.broken == null
          && (state.moving != null || state.attempts.size() >= ATTEMPTS_MAX)) {
        if (!await(deadlineNanos)) {
          throw new UnavailableException(
              "opening a checkpoint of image %d: two others are still in flight, or no leader was found, after %s"
                  .formatted(state.imageUid, connections.config().deadlines().checkpoint()),
              null);
        }
      }
      requireUsable();
      Semaphore room = connections.members().several() ? replayRoom : NO_ROOM;
      CheckpointReplay replay = new CheckpointReplay(open.build(), room);
      if (base != null) {
        state.nameBase(open, base);
      }
      attempt = new Attempt(++state.lastNumber, base, replay);
      state.attempts.put(attempt.number, attempt);
      state.schedule(attempt, state.limitNanos);
      if (state.stream == null) {
        state.connect(connections.members().leader());
      }
      state.queue(state.request(attempt).setOpen(open).build());
      hungLeader.watch();
    } finally {
      state.unlockAndComplete();
    }
    state.drain();
    return attempt;
  }

  /** Sends bytes of an attempt; waits until gRPC has room, while there is any progress. */
  void send(Attempt attempt, WriteCheckpointRequest request) {
    WriteCheckpointRequest kept = attempt.replay.copy(request);
    WriteStream ready;
    try {
      ready = awaitRoom(attempt, kept);
    } catch (CancelledException e) {
      // The writer has counted these bytes: without them the checkpoint can only be given up.
      abort(attempt);
      throw e;
    }
    ready.sender().send(request);
  }

  private WriteStream awaitRoom(Attempt attempt, @Nullable WriteCheckpointRequest kept) {
    state.lock();
    try {
      requireWritable(attempt);
      attempt.progressed();
      attempt.waiting(true);
      WriteStream ready = state.readyStream();
      while (ready == null) {
        if (!await(attempt.progressNanos() + state.limitNanos) && state.leftNanos(attempt) <= 0) {
          state.expireLocked(attempt);
        }
        requireWritable(attempt);
        ready = state.readyStream();
      }
      attempt.progressed();
      attempt.replay.add(kept);
      return ready;
    } finally {
      attempt.waiting(false);
      state.unlockAndComplete();
    }
  }

  boolean isReady() {
    state.lock();
    try {
      return state.readyStream() != null;
    } finally {
      state.unlock();
    }
  }

  /** A message of the attempt, to be filled and sent. */
  WriteCheckpointRequest.Builder request(Attempt attempt) {
    return state.request(attempt);
  }

  void commit(Attempt attempt, CommitCheckpoint claim) {
    state.lock();
    try {
      if (attempt.state() == Attempt.State.ENDED) {
        return; // its outcome says why
      }
      Attempt base = attempt.base();
      if (base != null && base.isBeforeCommit() && base.claim() == null) {
        throw new IllegalStateException("commit the base first: checkpoints commit in order");
      }
      attempt.wantCommit(claim);
      attempt.progressed();
      state.queueCommits();
    } finally {
      state.unlock();
    }
    state.drain();
  }

  /** False if its commit was sent, or it has ended. */
  boolean abort(Attempt attempt) {
    boolean aborted;
    state.lock();
    try {
      aborted = attempt.isBeforeCommit();
      if (aborted) {
        state.queue(state.request(attempt).setAbort(AbortCheckpoint.getDefaultInstance()).build());
        String why = "checkpoint attempt %d of image %d: aborted by its writer";
        state.endLine(
            attempt, new CancelledException(why.formatted(attempt.number, state.imageUid), null));
      }
    } finally {
      state.unlockAndComplete();
    }
    state.drain();
    return aborted;
  }

  /** Aborts what has no commit, and ends the call once the rest is answered. */
  void finish() {
    List<Attempt> open;
    state.lock();
    try {
      state.finishing = true;
      open = state.attempts.values().stream().filter(a -> a.claim() == null).toList();
    } finally {
      state.unlock();
    }
    open.forEach(this::abort);
    state.lock();
    try {
      state.endIfDone();
    } finally {
      state.unlock();
    }
    state.drain();
  }

  long durableBatches(Attempt attempt) {
    state.lock();
    try {
      return attempt.durableBatches();
    } finally {
      state.unlock();
    }
  }

  long checkpoint(Attempt attempt) {
    return state.checkpoint(attempt);
  }

  // ---- under the lock ----

  private boolean await(long deadlineNanos) {
    try {
      long leftNanos = deadlineNanos - System.nanoTime();
      return leftNanos > 0 && state.changed.awaitNanos(leftNanos) > 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          "writing a checkpoint of image %d: interrupted, nothing was committed"
              .formatted(state.imageUid),
          e);
    }
  }

  private void requireUsable() {
    if (state.broken != null) {
      throw state.broken;
    }
    if (state.finishing) {
      throw new IllegalStateException("the protection stream is closed");
    }
  }

  private static void requireWritable(Attempt attempt) {
    HydrantException failure = attempt.failure();
    if (failure != null) {
      throw failure;
    }
    if (!attempt.isBeforeCommit()) {
      throw new IllegalStateException("the checkpoint is committed already");
    }
  }
}
