package io.hydrant.client;

import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the sides of a {@link WriteCall} share: its attempts and the stream that carries them, and
 * how an attempt ends, is settled, or goes to another leader.
 *
 * <p>Its lock guards all that changes, for the classes that work on it too, and is held briefly.
 * Messages that follow from decisions are queued under it and sent after it is released, see {@link
 * WriteSender}; so are outcomes and what may wait ({@link #completions}).
 */
final class WriteState {
  private final Connections connections;
  final long imageUid;
  private final long epoch;

  /** Without progress of an attempt. */
  final long limitNanos;

  private final Settler settler;
  private final WriteMove move;
  private final WriteAnswers answers;

  private final ReentrantLock lock = new ReentrantLock();

  /** Of anything that somebody may wait for. */
  final Condition changed = lock.newCondition();

  /** By number; those that have not ended. */
  final TreeMap<Long, Attempt> attempts = new TreeMap<>();

  /** To be run once the lock is released. */
  final List<Runnable> completions = new ArrayList<>();

  long lastNumber;
  boolean finishing;

  /** Since the last commit. */
  int moves;

  @Nullable HydrantException broken;

  /** Changed under the lock; null while there is none to send on. */
  volatile @Nullable WriteStream stream;

  /** Set while attempts are on their way to another stream: nothing else is sent then. */
  @Nullable HydrantException moving;

  WriteState(Connections connections, long imageUid, long epoch) {
    this.connections = connections;
    this.imageUid = imageUid;
    this.epoch = epoch;
    this.limitNanos = connections.config().deadlines().checkpoint().toNanos();
    this.settler = new Settler(connections);
    this.move = new WriteMove(connections, this);
    this.answers = new WriteAnswers(connections, this);
  }

  void lock() {
    lock.lock();
  }

  /** Where nothing was added to {@link #completions}. */
  void unlock() {
    lock.unlock();
  }

  WriteStream connect(Member member) {
    WriteStream next = new WriteStream(member, connections.config().budgets().sendBytes(), answers);
    stream = next;
    next.start(); // may end at once, from within
    return next;
  }

  /**
   * By id as soon as it is known: unlike the attempt's number it stays valid when the base ends.
   */
  void nameBase(OpenCheckpoint.Builder open, Attempt base) {
    HydrantException failure = base.failure();
    if (failure != null) {
      throw new RejectedException(
          Reason.REASON_ABORTED,
          "the base was not committed, so nothing can build on it: " + failure.getMessage(),
          0,
          failure);
    }
    if (base.checkpoint() != 0) {
      open.setBase(base.checkpoint());
    } else {
      open.setBaseAttempt(base.number);
    }
  }

  /** The stream, if it takes bytes now; null if there is none, or it takes none. */
  @Nullable WriteStream readyStream() {
    WriteStream current = stream;
    return current != null && moving == null && current.isReady() ? current : null;
  }

  void queue(WriteCheckpointRequest request) {
    WriteStream current = stream;
    if (current != null) {
      current.sender().queue(request);
    }
  }

  void drain() {
    WriteStream current = stream;
    if (current != null) {
      current.sender().drain();
    }
  }

  WriteCheckpointRequest.Builder request(Attempt attempt) {
    return WriteCheckpointRequest.newBuilder().setAttempt(attempt.number);
  }

  void queueCommits() {
    if (moving != null) {
      return;
    }
    for (Attempt attempt : attempts.values()) {
      CommitCheckpoint claim = attempt.claim();
      if (claim != null && attempt.canSendCommit()) {
        attempt.committing();
        queue(request(attempt).setCommit(claim).build());
      }
    }
  }

  void endCommitted(Attempt attempt, long index) {
    CommittedCheckpoint committed = new CommittedCheckpoint(imageUid, attempt.checkpoint(), index);
    attempt.ended(null);
    completions.add(() -> attempt.outcome.complete(committed));
    forget(attempt);
  }

  /** Ends an attempt that will never be committed, and those that build on it. */
  void endLine(Attempt attempt, HydrantException why) {
    attempt.ended(why);
    completions.add(() -> attempt.outcome.completeExceptionally(why));
    forget(attempt);
    for (Attempt next : List.copyOf(attempts.values())) {
      if (next.base() == attempt) {
        endLine(
            next,
            new RejectedException(
                Reason.REASON_ABORTED, "its base was not committed: " + why.getMessage(), 0, why));
      }
    }
  }

  private void forget(Attempt attempt) {
    attempts.remove(attempt.number);
    endIfDone();
    changed.signalAll();
  }

  void endIfDone() {
    if (finishing && attempts.isEmpty()) {
      WriteStream current = stream;
      if (current != null) {
        current.sender().endAfterThis();
      }
    }
  }

  /**
   * Leaves an attempt whose commit was sent to the settler; the others certainly did not commit.
   */
  private void settleOrEnd(Attempt attempt, HydrantException why) {
    switch (attempt.state()) {
      case OPENING, OPEN -> endLine(attempt, why);
      case COMMITTING -> {
        attempt.settling();
        completions.add(() -> settle(attempt));
      }
      case SETTLING, ENDED -> {}
    }
  }

  /**
   * Of several that the same thing befell. What had not asked for its commit goes first, the newest
   * before its base: it failed for this reason, not because the server refused its base. Commits
   * are settled base first.
   *
   * @param all ascending
   */
  void settleOrEndAll(List<Attempt> all, HydrantException why) {
    for (Attempt attempt : all.reversed()) {
      if (attempt.isBeforeCommit()) {
        endLine(attempt, why);
      }
    }
    all.forEach(attempt -> settleOrEnd(attempt, why));
  }

  void settle(Attempt attempt) {
    CommitCheckpoint claim = attempt.claim();
    if (claim == null) {
      throw new IllegalStateException("attempt " + attempt.number + " settles without a commit");
    }
    Settler.Settlement settlement = settler.settle(imageUid, epoch, checkpoint(attempt), claim);
    lock();
    try {
      if (attempt.state() == Attempt.State.ENDED) {
        return; // a late answer on the stream came first
      }
      switch (settlement) {
        case Settler.Settlement.Committed(long index) -> endCommitted(attempt, index);
        case Settler.Settlement.Aborted(RejectedException why) -> {
          if (moving != null && mayBeSentAgain(attempt, why.reason())) {
            attempt.reopened();
            attempt.progressed();
            schedule(attempt, limitNanos);
          } else {
            endLine(attempt, why);
          }
        }
        case Settler.Settlement.Unknown(UnknownOutcomeException why) -> endUnknown(attempt, why);
      }
    } finally {
      unlockAndComplete();
    }
    drain();
  }

  /** Under the lock: nobody asks any more what became of a commit that was sent. */
  void endUnknown(Attempt attempt, UnknownOutcomeException why) {
    attempt.ended(why);
    completions.add(() -> attempt.outcome.completeExceptionally(why));
    forget(attempt);
  }

  /** Whether an attempt of which this became for good may be tried anew, on the same base. */
  static boolean mayBeSentAgain(Attempt attempt, Reason aborted) {
    Attempt base = attempt.base();
    boolean baseFailed = base != null && base.failure() != null;
    return attempt.replay.isPossible()
        && !baseFailed
        && switch (aborted) {
          // The new leader does not have all bytes, or a newer open found them without an owner.
          case REASON_ABORTED, REASON_NO_MAJORITY, REASON_DIGEST_MISMATCH -> true;
          default -> false;
        };
  }

  /** Under the lock: stops sending, and takes to another leader what can be sent again. */
  void beginMove(HydrantException why) {
    WriteStream lost = stream;
    stream = null;
    if (lost != null) {
      completions.add(() -> lost.cancel("another leader is looked for"));
    }
    for (Attempt attempt : List.copyOf(attempts.values()).reversed()) {
      switch (attempt.state()) {
        case OPENING, OPEN -> {
          if (attempt.replay.isPossible()) {
            attempt.reopened();
          } else {
            endLine(attempt, why);
          }
        }
        case COMMITTING -> attempt.settling();
        case SETTLING, ENDED -> {}
      }
    }
    if (moving == null) {
      attempts.values().forEach(Attempt::progressed);
      completions.add(move::run);
    }
    moving = why;
    changed.signalAll();
  }

  boolean canMove() {
    return broken == null && connections.members().several() && !connections.isClosed();
  }

  private void expire(Attempt attempt) {
    lock();
    try {
      long leftNanos = attempt.awaitsServer() ? leftNanos(attempt) : limitNanos;
      if (attempt.state() == Attempt.State.ENDED) {
        return;
      }
      if (leftNanos > 0) {
        schedule(attempt, leftNanos);
      } else {
        expireLocked(attempt);
      }
    } finally {
      unlockAndComplete();
    }
    drain();
  }

  void schedule(Attempt attempt, long nanos) {
    attempt.timer(connections.timer().schedule(() -> expire(attempt), nanos, TimeUnit.NANOSECONDS));
  }

  long leftNanos(Attempt attempt) {
    return limitNanos - (System.nanoTime() - attempt.progressNanos());
  }

  void expireLocked(Attempt attempt) {
    if (attempt.isBeforeCommit()) {
      queue(request(attempt).setAbort(AbortCheckpoint.getDefaultInstance()).build());
    }
    settleOrEnd(
        attempt,
        new UnavailableException(
            "checkpoint attempt %d of image %d made no progress for %s and is aborted; check the server and the connection"
                .formatted(attempt.number, imageUid, connections.config().deadlines().checkpoint()),
            null));
  }

  long checkpoint(Attempt attempt) {
    lock();
    try {
      return attempt.checkpoint();
    } finally {
      unlock();
    }
  }

  void unlockAndComplete() {
    List<Runnable> ended = List.copyOf(completions);
    completions.clear();
    lock.unlock();
    ended.forEach(connections::run);
  }

  void breakOff(HydrantException why) {
    if (broken == null) {
      broken = why;
    }
    settleOrEndAll(List.copyOf(attempts.values()), why);
    changed.signalAll();
  }
}
