package io.hydrant.client;

import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one protection stream on one WriteCheckpoint call; where the group has other
 * members, on the calls that follow it when a leader is lost ({@link WriteMove}).
 *
 * <p>The application's side and what all sides share; the server's side is {@link WriteAnswers}.
 * {@link #lock} guards all that changes, for these classes too, and is held briefly. Messages that
 * follow from decisions are queued under it and sent after it is released, see {@link WriteSender};
 * nobody waits for the network while holding it but on its condition.
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
  final long imageUid;
  private final long epoch;
  final long limitNanos;
  private final Settler settler;
  private final Semaphore replayRoom;
  private final WriteMove move;
  private final WriteAnswers answers;
  private final HungLeader hungLeader;

  final ReentrantLock lock = new ReentrantLock();
  final Condition changed = lock.newCondition();
  final TreeMap<Long, Attempt> attempts = new TreeMap<>();
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

  /**
   * @param replayBytes see {@link WriteOptions}
   */
  WriteCall(Connections connections, long imageUid, long epoch, int replayBytes) {
    this.connections = connections;
    this.imageUid = imageUid;
    this.epoch = epoch;
    this.limitNanos = connections.config().deadlines().checkpoint().toNanos();
    this.settler = new Settler(connections);
    this.replayRoom = new Semaphore(replayBytes);
    this.move = new WriteMove(connections, this);
    this.answers = new WriteAnswers(connections, this);
    this.hungLeader = new HungLeader(connections, this);
    lock.lock();
    try {
      connect(connections.members().leader());
    } finally {
      unlockAndComplete();
    }
  }

  WriteStream connect(Member member) {
    WriteStream next = new WriteStream(member, connections.config().budgets().sendBytes(), answers);
    stream = next;
    next.start(); // may end at once, from within
    return next;
  }

  boolean isUsable() {
    lock.lock();
    try {
      return broken == null && !finishing;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins an attempt; waits while two are in flight.
   *
   * @param open without base where {@code base} is given
   */
  Attempt open(OpenCheckpoint.Builder open, @Nullable Attempt base) {
    long deadlineNanos = System.nanoTime() + limitNanos;
    Attempt attempt;
    lock.lock();
    try {
      while (broken == null && (moving != null || attempts.size() >= ATTEMPTS_MAX)) {
        if (!await(deadlineNanos)) {
          throw new UnavailableException(
              "opening a checkpoint of image %d: two others are still in flight, or no leader was found, after %s"
                  .formatted(imageUid, connections.config().deadlines().checkpoint()),
              null);
        }
      }
      requireUsable();
      Semaphore room = connections.members().several() ? replayRoom : NO_ROOM;
      CheckpointReplay replay = new CheckpointReplay(open.build(), room);
      if (base != null) {
        nameBase(open, base);
      }
      attempt = new Attempt(++lastNumber, base, replay);
      attempts.put(attempt.number, attempt);
      schedule(attempt, limitNanos);
      if (stream == null) {
        connect(connections.members().leader());
      }
      queue(request(attempt).setOpen(open).build());
      hungLeader.watch();
    } finally {
      unlockAndComplete();
    }
    drain();
    return attempt;
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
    lock.lock();
    try {
      requireWritable(attempt);
      attempt.progressed();
      attempt.waiting(true);
      WriteStream ready = readyStream();
      while (ready == null) {
        if (!await(attempt.progressNanos() + limitNanos) && leftNanos(attempt) <= 0) {
          expireLocked(attempt);
        }
        requireWritable(attempt);
        ready = readyStream();
      }
      attempt.progressed();
      attempt.replay.add(kept);
      return ready;
    } finally {
      attempt.waiting(false);
      unlockAndComplete();
    }
  }

  boolean isReady() {
    lock.lock();
    try {
      return readyStream() != null;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable WriteStream readyStream() {
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

  void commit(Attempt attempt, CommitCheckpoint claim) {
    lock.lock();
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
      queueCommits();
    } finally {
      lock.unlock();
    }
    drain();
  }

  /** False if its commit was sent, or it has ended. */
  boolean abort(Attempt attempt) {
    boolean aborted;
    lock.lock();
    try {
      aborted = attempt.isBeforeCommit();
      if (aborted) {
        queue(request(attempt).setAbort(AbortCheckpoint.getDefaultInstance()).build());
        String why = "checkpoint attempt %d of image %d: aborted by its writer";
        endLine(attempt, new CancelledException(why.formatted(attempt.number, imageUid), null));
      }
    } finally {
      unlockAndComplete();
    }
    drain();
    return aborted;
  }

  /** Aborts what has no commit, and ends the call once the rest is answered. */
  void finish() {
    List<Attempt> open;
    lock.lock();
    try {
      finishing = true;
      open = attempts.values().stream().filter(a -> a.claim() == null).toList();
    } finally {
      lock.unlock();
    }
    open.forEach(this::abort);
    lock.lock();
    try {
      endIfDone();
    } finally {
      lock.unlock();
    }
    drain();
  }

  long durableBatches(Attempt attempt) {
    lock.lock();
    try {
      return attempt.durableBatches();
    } finally {
      lock.unlock();
    }
  }

  long checkpoint(Attempt attempt) {
    lock.lock();
    try {
      return attempt.checkpoint();
    } finally {
      lock.unlock();
    }
  }

  // ---- under the lock ----

  private boolean await(long deadlineNanos) {
    try {
      long leftNanos = deadlineNanos - System.nanoTime();
      return leftNanos > 0 && changed.awaitNanos(leftNanos) > 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(
          "writing a checkpoint of image %d: interrupted, nothing was committed"
              .formatted(imageUid),
          e);
    }
  }

  private void requireUsable() {
    if (broken != null) {
      throw broken;
    }
    if (finishing) {
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
    lock.lock();
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
        case Settler.Settlement.Unknown(UnknownOutcomeException why) -> {
          attempt.ended(why);
          completions.add(() -> attempt.outcome.completeExceptionally(why));
          forget(attempt);
        }
      }
    } finally {
      unlockAndComplete();
    }
    drain();
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
    lock.lock();
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

  private long leftNanos(Attempt attempt) {
    return limitNanos - (System.nanoTime() - attempt.progressNanos());
  }

  private void expireLocked(Attempt attempt) {
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
