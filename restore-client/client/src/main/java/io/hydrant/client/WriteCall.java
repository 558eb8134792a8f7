package io.hydrant.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one protection stream on one WriteCheckpoint call; where the group has other
 * members, on the calls that follow it when a leader is lost ({@link WriteMove}).
 *
 * <p>{@link #lock} guards the attempts and is held briefly. Messages that follow from decisions are
 * queued under it and sent after it is released, see {@link WriteSender}; nobody waits for the
 * network while holding it but on its condition.
 *
 * <p>Memory: a batch is handed to gRPC only while less than the send budget waits there (gRPC's
 * readiness), and gRPC has copied it when the hand-over returns.
 */
final class WriteCall implements WriteStream.Events {
  /** The API's bound of open checkpoints of one image. */
  private static final int ATTEMPTS_MAX = 2;

  /** Leaders that lead and then fail at once, without a commit in between. */
  private static final int MOVES_MAX = 20;

  /** For attempts that could go nowhere else. */
  private static final Semaphore NO_ROOM = new Semaphore(0);

  private final Connections connections;
  private final long imageUid;
  private final long epoch;
  private final long limitNanos;
  private final Settler settler;
  private final Semaphore replayRoom;
  private final WriteMove move;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final TreeMap<Long, Attempt> attempts = new TreeMap<>();
  private final List<Runnable> completions = new ArrayList<>();
  private long lastNumber;
  private boolean finishing;
  private boolean watched;

  /** Since the last commit. */
  private int moves;

  private @Nullable HydrantException broken;

  /** Changed under the lock; null while there is none to send on. */
  private volatile @Nullable WriteStream stream;

  /** Set while attempts are on their way to another stream: nothing else is sent then. */
  private @Nullable HydrantException moving;

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
    lock.lock();
    try {
      connect(connections.members().leader());
    } finally {
      unlockAndComplete();
    }
  }

  private WriteStream connect(Member member) {
    WriteStream next =
        new WriteStream(member, connections.config().budgets().sendBytes(), this);
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
      watch();
    } finally {
      unlockAndComplete();
    }
    drain();
    return attempt;
  }

  /**
   * By id as soon as it is known: unlike the attempt's number it stays valid when the base ends.
   */
  private void nameBase(OpenCheckpoint.Builder open, Attempt base) {
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

  private void queue(WriteCheckpointRequest request) {
    WriteStream current = stream;
    if (current != null) {
      current.sender().queue(request);
    }
  }

  private void drain() {
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

  private void queueCommits() {
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

  private void endCommitted(Attempt attempt, long index) {
    CommittedCheckpoint committed = new CommittedCheckpoint(imageUid, attempt.checkpoint(), index);
    attempt.ended(null);
    completions.add(() -> attempt.outcome.complete(committed));
    forget(attempt);
  }

  /** Ends an attempt that will never be committed, and those that build on it. */
  private void endLine(Attempt attempt, HydrantException why) {
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

  private void endIfDone() {
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
  private void settleOrEndAll(List<Attempt> all, HydrantException why) {
    for (Attempt attempt : all.reversed()) {
      if (attempt.isBeforeCommit()) {
        endLine(attempt, why);
      }
    }
    all.forEach(attempt -> settleOrEnd(attempt, why));
  }

  private void settle(Attempt attempt) {
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

  // ---- to another leader; called by WriteMove ----

  /** Whether an attempt of which this became for good may be tried anew, on the same base. */
  private static boolean mayBeSentAgain(Attempt attempt, Reason aborted) {
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

  /** Settles the first one that may have been committed; false if there is none. */
  boolean settleNext() {
    Attempt next = null;
    lock.lock();
    try {
      for (Attempt attempt : attempts.values()) {
        if (next == null && attempt.state() == Attempt.State.SETTLING) {
          next = attempt;
        }
      }
    } finally {
      lock.unlock();
    }
    if (next == null) {
      return false;
    }
    settle(next);
    return true;
  }

  /** Whether there is nothing to move any more. */
  boolean endMoveIfIdle() {
    lock.lock();
    try {
      if (connections.isClosed() && !attempts.isEmpty()) {
        settleOrEndAll(
            List.copyOf(attempts.values()),
            new CancelledException("the client was closed, nothing of it was committed", null));
      }
      if (moving == null || !attempts.isEmpty()) {
        return false;
      }
      moving = null; // the next open connects anew
      changed.signalAll();
      return true;
    } finally {
      unlockAndComplete();
    }
  }

  void giveUp(HydrantException why) {
    lock.lock();
    try {
      moving = null;
      breakOff(why);
    } finally {
      unlockAndComplete();
    }
  }

  /** Opens all attempts under a new leader; null if none is left. */
  @Nullable WriteStream reopen(Member leader) {
    WriteStream next = null;
    lock.lock();
    try {
      HydrantException why = moving;
      boolean tooOften = ++moves > MOVES_MAX;
      for (Attempt attempt : List.copyOf(attempts.values())) {
        Attempt base = attempt.base();
        HydrantException baseFailure = base == null ? null : base.failure();
        if (baseFailure != null) {
          endLine(attempt, baseFailure);
        } else if (why != null && tooOften) {
          endLine(attempt, why);
        }
      }
      if (!attempts.isEmpty()) {
        next = connect(leader);
        // All opens first: a base that is committed can not be named by its attempt any more.
        for (Attempt attempt : attempts.values()) {
          OpenCheckpoint.Builder open = attempt.replay.open();
          Attempt base = attempt.base();
          if (base != null) {
            nameBase(open, base);
          }
          queue(request(attempt).setOpen(open).build());
        }
      }
    } finally {
      unlockAndComplete();
    }
    drain();
    return next;
  }

  /** Sends what was kept of all attempts; false if the stream was lost meanwhile. */
  boolean resend(WriteStream next) throws InterruptedException {
    List<Attempt> line;
    lock.lock();
    try {
      line = List.copyOf(attempts.values());
    } finally {
      lock.unlock();
    }
    for (Attempt attempt : line) {
      int position = 0;
      for (WriteCheckpointRequest message = kept(attempt, position, next);
          message != null;
          message = kept(attempt, ++position, next)) {
        next.sender().send(message);
      }
    }
    lock.lock();
    try {
      if (stream != next) {
        return false;
      }
      moving = null;
      queueCommits();
      endIfDone();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    drain();
    return true;
  }

  /** Waits for room; null behind the last message, and if there is no use in sending it. */
  private @Nullable WriteCheckpointRequest kept(Attempt attempt, int position, WriteStream next)
      throws InterruptedException {
    lock.lock();
    try {
      while (stream == next && attempt.failure() == null && !next.isReady()) {
        changed.await();
      }
      if (stream != next || attempt.failure() != null) {
        return null;
      }
      attempt.progressed();
      return attempt.replay.message(position);
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock: stops sending, and takes to another leader what can be sent again. */
  private void beginMove(HydrantException why) {
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

  private boolean canMove() {
    return broken == null
        && connections.members().several()
        && !connections.isClosed();
  }

  // ---- a leader that hangs ----

  /** Under the lock: looks after the attempts while there are any. */
  private void watch() {
    if (watched || attempts.isEmpty() || !connections.members().several()) {
      return;
    }
    try {
      connections.timer().schedule(this::look, LeaderProbe.SILENCE_NANOS / 2, TimeUnit.NANOSECONDS);
      watched = true;
    } catch (RejectedExecutionException e) {
      watched = false; // the client was closed
    }
  }

  private void look() {
    lock.lock();
    try {
      watched = false;
      WriteStream current = stream;
      long now = System.nanoTime();
      boolean silent =
          attempts.values().stream()
              .anyMatch(attempt ->
                  attempt.awaitsServer()
                      && now - attempt.progressNanos() > LeaderProbe.SILENCE_NANOS);
      if (silent && moving == null && current != null) {
        completions.add(() -> leaveIfHung(current));
      } else {
        watch();
      }
    } finally {
      unlockAndComplete();
    }
  }

  private void leaveIfHung(WriteStream current) {
    Member leader;
    try {
      leader = connections.leaderProbe().findLeader();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    lock.lock();
    try {
      if (leader != null && !leader.equals(current.member()) && stream == current && canMove()) {
        beginMove(
            new UnavailableException(
                "image %d: %s does not answer, and %s leads"
                    .formatted(imageUid, current.member(), leader),
                null));
      }
      watch();
    } finally {
      unlockAndComplete();
    }
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

  private void schedule(Attempt attempt, long nanos) {
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

  private void unlockAndComplete() {
    List<Runnable> ended = List.copyOf(completions);
    completions.clear();
    lock.unlock();
    ended.forEach(connections::run);
  }

  // ---- events, on a network thread ----

  @Override
  public void received(WriteStream from, WriteCheckpointResponse response) {
    lock.lock();
    try {
      if (from != stream) {
        return; // it was given up
      }
      Attempt attempt = attempts.get(response.getAttempt());
      if (attempt != null) {
        // Of those behind it as well: they wait for its commit.
        attempts.tailMap(attempt.number).values().forEach(Attempt::progressed);
        apply(attempt, response);
      } else if (response.getAttempt() < 1 || response.getAttempt() > lastNumber) {
        violation("an answer to attempt " + response.getAttempt() + ", which was never sent");
      }
    } finally {
      unlockAndComplete();
    }
    drain();
  }

  private void apply(Attempt attempt, WriteCheckpointResponse response) {
    switch (response.getEventCase()) {
      case OPENED -> {
        long id = response.getOpened().getCheckpoint();
        if (attempt.state() != Attempt.State.OPENING || id == 0) {
          violation("attempt " + attempt.number + " opened twice or without an id");
          return;
        }
        attempt.opened(id);
        queueCommits();
      }
      case DURABLE -> attempt.durable(response.getDurable().getBatchCount());
      case COMMITTED -> {
        if (!attempt.isPastCommit()
            || response.getCommitted().getCheckpoint() != attempt.checkpoint()) {
          violation("attempt " + attempt.number + " committed before it asked, or by another id");
          return;
        }
        moves = 0;
        endCommitted(attempt, response.getCommitted().getIndex());
      }
      case REJECTED -> rejected(attempt, response.getRejected());
      case EVENT_NOT_SET -> violation("an empty event");
    }
  }

  private void rejected(Attempt attempt, Rejected rejected) {
    Failure failure = Failure.of(rejected.getReason(), rejected.getMessage());
    String what = "checkpoint attempt %d of image %d".formatted(attempt.number, imageUid);
    if (failure.kind() == Failure.Kind.REJECTED) {
      String text = what + ": " + failure.message();
      endLine(
          attempt, new RejectedException(rejected.getReason(), text, rejected.getHead(), null));
      return;
    }
    if (failure.elsewhere() && canMove()) {
      beginMove(failure.toException(what));
      return;
    }
    settleOrEndAll(
        attempts.values().stream()
            .filter(next -> next == attempt || next.base() == attempt)
            .toList(),
        failure.toException(what));
  }

  private void violation(String what) {
    String text = "image %d: the server sent %s".formatted(imageUid, what);
    breakOff(new ProtocolViolationException(text, null));
    WriteStream current = stream;
    if (current != null) {
      completions.add(() -> current.cancel(text));
    }
  }

  private void breakOff(HydrantException why) {
    if (broken == null) {
      broken = why;
    }
    settleOrEndAll(List.copyOf(attempts.values()), why);
    changed.signalAll();
  }

  @Override
  public void roomMade() {
    lock.lock();
    try {
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void closed(WriteStream from, Status status, Metadata trailers) {
    lock.lock();
    try {
      if (from != stream) {
        return;
      }
      HydrantException why = why(status, trailers);
      boolean refused = why instanceof RejectedException && !status.isOk();
      if (canMove() && !refused && attempts.isEmpty()) {
        stream = null;
      } else if (canMove() && !refused) {
        beginMove(why);
      } else {
        breakOff(why);
      }
    } finally {
      unlockAndComplete();
    }
  }

  private HydrantException why(Status status, Metadata trailers) {
    String what =
        "the checkpoint stream of image %d to %s ended before the commit was sent, so nothing of it was committed"
            .formatted(imageUid, connections.members().leader());
    if (connections.isClosed()) {
      return new CancelledException(what + ": the client was closed", null);
    }
    if (status.isOk()) {
      return new UnavailableException(what + ": the server closed it", null);
    }
    Failure failure = Failure.of(status, trailers);
    return failure.kind() == Failure.Kind.UNKNOWN
        ? new UnavailableException(what + ": " + failure.message(), failure.cause())
        : failure.toException(what);
  }
}
