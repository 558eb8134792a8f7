package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One WriteCheckpoint call and the attempts on it.
 *
 * <p>{@link #lock} guards the attempts and is held briefly. Messages that follow from decisions are
 * queued under it and sent after it is released, see {@link WriteSender}; nobody waits for the
 * network while holding it but on its condition.
 *
 * <p>Memory: a batch is handed to gRPC only while less than the send budget waits there (gRPC's
 * readiness), and gRPC has copied it when the hand-over returns.
 */
final class WriteCall {
  /** The API's bound of open checkpoints of one image. */
  private static final int ATTEMPTS_MAX = 2;

  private final Connections connections;
  private final long imageUid;
  private final long epoch;
  private final long limitNanos;
  private final Settler settler;
  private final ClientCall<WriteCheckpointRequest, WriteCheckpointResponse> call;

  private final WriteSender sender;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final TreeMap<Long, Attempt> attempts = new TreeMap<>();
  private final List<Runnable> completions = new ArrayList<>();
  private long lastNumber;
  private boolean finishing;
  private @Nullable HydrantException broken;

  WriteCall(Connections connections, long imageUid, long epoch) {
    this.connections = connections;
    this.imageUid = imageUid;
    this.epoch = epoch;
    this.limitNanos = connections.config().deadlines().checkpoint().toNanos();
    this.settler = new Settler(connections);
    CallOptions options =
        CallOptions.DEFAULT.withOnReadyThreshold(connections.config().budgets().sendBytes());
    this.call =
        connections
            .members()
            .leader()
            .bulk()
            .newCall(CheckpointServiceGrpc.getWriteCheckpointMethod(), options);
    this.sender = new WriteSender(call);
    call.start(new Listener(), new Metadata());
    call.request(Integer.MAX_VALUE);
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
      while (broken == null && attempts.size() >= ATTEMPTS_MAX) {
        if (!await(deadlineNanos)) {
          throw new UnavailableException(
              "opening a checkpoint of image %d: two others are still in flight after %s"
                  .formatted(imageUid, connections.config().deadlines().checkpoint()),
              null);
        }
      }
      requireUsable();
      if (base != null) {
        nameBase(open, base);
      }
      attempt = new Attempt(++lastNumber, base);
      attempts.put(attempt.number, attempt);
      schedule(attempt, limitNanos);
      sender.queue(request(attempt).setOpen(open).build());
    } finally {
      lock.unlock();
    }
    sender.drain();
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
    try {
      awaitRoom(attempt);
    } catch (CancelledException e) {
      // The writer has counted these bytes: without them the checkpoint can only be given up.
      abort(attempt);
      throw e;
    }
    sender.send(request);
  }

  private void awaitRoom(Attempt attempt) {
    lock.lock();
    try {
      requireWritable(attempt);
      attempt.progressed();
      attempt.waiting(true);
      while (!call.isReady()) {
        if (!await(attempt.progressNanos() + limitNanos) && leftNanos(attempt) <= 0) {
          expireLocked(attempt);
        }
        requireWritable(attempt);
      }
      attempt.progressed();
    } finally {
      attempt.waiting(false);
      unlockAndComplete();
    }
  }

  boolean isReady() {
    return call.isReady();
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
    sender.drain();
  }

  /** False if its commit was sent, or it has ended. */
  boolean abort(Attempt attempt) {
    boolean aborted;
    lock.lock();
    try {
      aborted = attempt.isBeforeCommit();
      if (aborted) {
        sender.queue(request(attempt).setAbort(AbortCheckpoint.getDefaultInstance()).build());
        String why = "checkpoint attempt %d of image %d: aborted by its writer";
        endLine(attempt, new CancelledException(why.formatted(attempt.number, imageUid), null));
      }
    } finally {
      unlockAndComplete();
    }
    sender.drain();
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
    sender.drain();
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
    for (Attempt attempt : attempts.values()) {
      CommitCheckpoint claim = attempt.claim();
      if (claim != null && attempt.canSendCommit()) {
        attempt.committing();
        sender.queue(request(attempt).setCommit(claim).build());
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
      sender.endAfterThis();
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
        case Settler.Settlement.Aborted(RejectedException why) -> endLine(attempt, why);
        case Settler.Settlement.Unknown(UnknownOutcomeException why) -> {
          attempt.ended(why);
          completions.add(() -> attempt.outcome.completeExceptionally(why));
          forget(attempt);
        }
      }
    } finally {
      unlockAndComplete();
    }
    sender.drain();
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
    sender.drain();
  }

  private void schedule(Attempt attempt, long nanos) {
    attempt.timer(connections.timer().schedule(() -> expire(attempt), nanos, TimeUnit.NANOSECONDS));
  }

  private long leftNanos(Attempt attempt) {
    return limitNanos - (System.nanoTime() - attempt.progressNanos());
  }

  private void expireLocked(Attempt attempt) {
    if (attempt.isBeforeCommit()) {
      sender.queue(request(attempt).setAbort(AbortCheckpoint.getDefaultInstance()).build());
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

  private final class Listener extends ClientCall.Listener<WriteCheckpointResponse> {
    @Override
    public void onMessage(WriteCheckpointResponse response) {
      lock.lock();
      try {
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
      sender.drain();
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
      settleOrEndAll(
          attempts.values().stream()
              .filter(next -> next == attempt || next.base() == attempt)
              .toList(),
          failure.toException(what));
    }

    private void violation(String what) {
      String text = "image %d: the server sent %s".formatted(imageUid, what);
      breakOff(new ProtocolViolationException(text, null));
      call.cancel(text, null);
    }

    private void breakOff(HydrantException why) {
      if (broken == null) {
        broken = why;
      }
      settleOrEndAll(List.copyOf(attempts.values()), why);
      changed.signalAll();
    }

    @Override
    public void onReady() {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      lock.lock();
      try {
        breakOff(why(status, trailers));
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
}
