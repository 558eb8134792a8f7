package io.hydrant.node.ingest;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.ingest.Attempt.State;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.peer.v1.RawWrite;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Committed;
import io.hydrant.v1.DurableThrough;
import io.hydrant.v1.Opened;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.WriteCheckpointResponse;
import io.hydrant.v1.ZeroTracts;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * One WriteCheckpoint stream: takes messages in order, stages what they bring, answers. At most the
 * window's messages are received and not yet staged; one whose attempt is being opened holds up
 * those behind it.
 *
 * <p>Everything but {@link #nudge} is called by gRPC, one call at a time, on a thread of the ingest
 * pool.
 */
final class CheckpointStream implements AttemptAnswers {
  /**
   * Payload after which durability is asked for, so that the disk works while the rest arrives: the
   * size of an append buffer. A smaller step only makes the last sync, for which the protector
   * waits, come later.
   */
  private static final int SYNC_STEP_BYTES = 4 << 20;

  /**
   * What a stream stages before it goes behind the others that wait for a thread of the pool,
   * however fast its protector sends: a few batches, so that a hop costs little.
   */
  private static final int TURN_BYTES = 4 << 20;

  /** Least cost of a message within a turn: at most 64 small ones make a turn. */
  private static final int TURN_MESSAGE_BYTES = TURN_BYTES / 64;

  /** Stands for a message that was too large to be read; known by its identity. */
  static final RawWrite OVERSIZED = RawWrite.newBuilder().setAttempt(-1).build();

  private final ServerCallStreamObserver<WriteCheckpointResponse> observer;
  private final Demand demand;
  private final IngestCounters counters;
  private final Mailbox mailbox;
  private final IngestBrake brake;
  private final ObjLongConsumer<Runnable> later;
  private final Attempts attempts;
  private final ArrayDeque<RawWrite> inbox = new ArrayDeque<>();

  private int turnBytes;
  private boolean turnOver;
  private boolean pumping;

  /** Waits until more is welcome; {@link #pump} is called then. */
  private boolean slowed;

  /** What was staged last. */
  private long brakeSlot;

  /** The same, for want of room: cleaning has to get on first. */
  private boolean braked;

  private boolean halfClosed;
  private boolean closed;

  /**
   * @param later runs something after so many nanoseconds, on any thread
   * @param windowMessages received and not yet staged, at most
   */
  CheckpointStream(
      IngestPorts ports,
      Mailbox mailbox,
      ObjLongConsumer<Runnable> later,
      ServerCallStreamObserver<WriteCheckpointResponse> observer,
      int windowMessages,
      IngestCounters counters) {
    this.brake = ports.brake();
    this.brakeSlot = brake.staged(0); // Behind what others have staged.
    this.later = later;
    this.observer = observer;
    this.demand = new Demand(observer::request, windowMessages);
    this.counters = counters;
    this.mailbox = mailbox;
    this.attempts = new Attempts(ports, mailbox, this::slowedFor, this);
  }

  void message(RawWrite message) {
    mailbox.runHere(() -> {
      if (!closed) {
        inbox.add(message);
        pump();
      }
    });
  }

  /** The protector takes answers again. */
  void ready() {
    mailbox.runHere(this::pump);
  }

  /** The protector has sent its last message. */
  void halfClosed() {
    mailbox.runHere(() -> {
      halfClosed = true;
      pump();
    });
  }

  /** The stream is gone, at whatever byte. */
  void gone() {
    mailbox.runHere(this::giveUp);
  }

  /** From time to time, from any thread: bytes that wait for a full step are synced without it. */
  void nudge() {
    mailbox.post(() -> {
      for (Attempt attempt : attempts.all()) {
        if (attempt.is(State.OPEN)) {
          askDurable(attempt);
        }
      }
    });
  }

  /** Ends the stream from this side; any thread. */
  void shutDown() {
    mailbox.post(() ->
        broken(
            new ApiException(
                Reason.REASON_SHUTTING_DOWN,
                "the server is stopping: connect again later, and Settle what was committed")));
  }

  /**
   * This replica does not lead any more; any thread. Nothing is aborted: who leads next, settles.
   */
  void leadershipLost(Throwable why) {
    mailbox.post(() -> {
      attempts.depose();
      broken(why);
    });
  }

  private void giveUp() {
    if (!closed) {
      closed = true;
      inbox.clear();
      attempts.abandon();
    }
  }

  @Override
  public void advanced() {
    pump();
  }

  private void pump() {
    if (pumping) {
      return;
    }
    pumping = true;
    try {
      while (!closed && !turnOver && !inbox.isEmpty() && isReadyFor(inbox.peek())) {
        RawWrite message = inbox.remove();
        handle(message);
        if (!closed) {
          demand.taken();
          count(message);
        }
      }
    } finally {
      pumping = false;
    }
    if (halfClosed && !closed && inbox.isEmpty() && attempts.isQuiet()) {
      giveUp();
      observer.onCompleted();
    }
  }

  private void count(RawWrite message) {
    turnBytes += Math.max(message.getSerializedSize(), TURN_MESSAGE_BYTES);
    if (turnBytes >= TURN_BYTES) {
      turnBytes = 0;
      turnOver = true;
      mailbox.postBehindOthers(() -> {
        turnOver = false;
        pump();
      });
    }
  }

  /**
   * A protector that does not read its answers gets no more of them: they would wait in the heap.
   */
  private boolean isReadyFor(RawWrite message) {
    if (!observer.isReady()) {
      return false;
    }
    Attempt attempt = attempts.get(message.getAttempt());
    if (attempt == null || !attempt.isBeforeOpen()) {
      return attempt == null || message.hasAbort() || isOpenForMore(attempt, message);
    }
    // What waits for room, or for another, may be given up at once.
    return message.hasAbort() && attempt.is(State.WAITING);
  }

  /** A protector is slowed while no majority keeps up with it, and while cleaning does not. */
  private boolean isOpenForMore(Attempt attempt, RawWrite message) {
    Attempt.Opened opened = attempt.openedOrNull();
    if (opened == null) {
      return true;
    }
    if (!opened.staged().isOpenForMore()) {
      if (!slowed) {
        slowed = true;
        opened
            .staged()
            .onOpenForMore(() ->
                mailbox.post(() -> {
                  slowed = false;
                  pump();
                }));
      }
      return false;
    }
    return !message.hasBatch() && !message.hasSlim() || !braked && isRoomFor(attempt);
  }

  private boolean isRoomFor(Attempt attempt) {
    long nanos;
    try {
      nanos = brake.waitNanos(brakeSlot);
    } catch (IOException e) {
      attempts.fault(attempt, e);
      return false;
    }
    if (nanos > 0) {
      braked = true;
      slowedFor(
          () -> {
            braked = false;
            pump();
          },
          nanos);
    }
    return nanos == 0;
  }

  /** Goes on in this stream's mailbox after so long, for want of room. */
  private void slowedFor(Runnable goOn, long nanos) {
    counters.slowed(nanos);
    later.accept(() -> mailbox.post(goOn), nanos);
  }

  @SuppressWarnings("ReferenceEquality") // any other message may have the same content
  private void handle(RawWrite message) {
    if (message == OVERSIZED) {
      broken(
          new ApiException(
              Reason.REASON_LIMIT_EXCEEDED,
              "a message of more than %d bytes; send batches of at most %d bytes of pages"
                  .formatted(
                      CheckpointService.MESSAGE_BYTES_MAX, CheckpointService.BATCH_BYTES_MAX)));
      return;
    }
    long number = message.getAttempt();
    if (message.hasOpen()) {
      if (number <= attempts.last()) {
        broken(
            ApiException.invalid(
                "attempt: numbers ascend within a stream from 1, but %d was opened after %d"
                    .formatted(number, attempts.last())));
      } else {
        attempts.open(number, message.getOpen());
      }
      return;
    }
    if (number < 1 || number > attempts.last()) {
      broken(ApiException.invalid("attempt %d has not been opened".formatted(number)));
      return;
    }
    Attempt attempt = attempts.get(number);
    if (attempt == null || attempt.is(State.ENDED)) {
      return; // sent before the protector learned that the attempt has ended
    }
    if (message.hasAbort()) {
      attempts.abort(attempt);
    } else if (attempt.is(State.OPEN)) {
      step(attempt, message);
    } else {
      broken(
          ApiException.invalid(
              "attempt %d: nothing but abort may follow its commit".formatted(number)));
    }
  }

  private void step(Attempt attempt, RawWrite message) {
    Attempt.Opened opened = attempt.requireOpened();
    opened.live().touch();
    try {
      switch (message.getStepCase()) {
        case BATCH -> batch(attempt, opened, message.getBatch());
        case ZERO_TRACTS -> {
          ZeroTracts zero = message.getZeroTracts();
          opened.staged().zeroTracts(zero.getRegion(), zero.getFirstTract(), zero.getTractCount());
        }
        case SLIM -> {
          SlimChunk slim = message.getSlim();
          brakeSlot = brake.staged(slim.getData().size());
          opened.staged().slim(slim.getOffset(), slim.getChecksum(), HeapBytes.of(slim.getData()));
        }
        case COMMIT -> commit(attempt, opened.staged(), message.getCommit());
        case OPEN, ABORT -> throw new IllegalStateException("handled before");
        case STEP_NOT_SET ->
            broken(ApiException.invalid("a message of attempt " + attempt.number + " has no step"));
      }
    } catch (Refusal e) {
      attempts.reject(attempt, e);
      attempts.advance();
    } catch (IOException e) {
      attempts.fault(attempt, e);
    }
  }

  private void batch(Attempt attempt, Attempt.Opened opened, ByteString sent)
      throws Refusal, IOException {
    Pages pages = BatchReader.pages(sent);
    BatchReader.Batch batch = BatchReader.read(opened.regions(), pages);
    opened
        .staged()
        .patch(batch.region(), batch.tract(), batch.table(), batch.payload(), HeapBytes.of(sent));
    counters.staged(batch.table().size(), batch.table().payloadBytes());
    brakeSlot = brake.staged(batch.table().payloadBytes());
    attempt.unsyncedBytes += batch.table().payloadBytes();
    if (attempt.unsyncedBytes >= SYNC_STEP_BYTES) {
      askDurable(attempt);
    }
  }

  private void askDurable(Attempt attempt) {
    StagedGroup staged = attempt.requireOpened().staged();
    int patches = staged.patches();
    if (attempt.durablePending || patches == attempt.durableBatches) {
      return;
    }
    attempt.durablePending = true;
    attempt.unsyncedBytes = 0;
    attempts.then(
        staged.durable(patches),
        (count, failure) -> {
          attempt.durablePending = false;
          if (count == null) {
            attempts.fault(attempt, failure);
          } else {
            attempt.durableBatches = count;
            durable(attempt.number, count);
          }
        });
  }

  private void commit(Attempt attempt, StagedGroup staged, CommitCheckpoint commit)
      throws Refusal, IOException {
    CompletableFuture<Held> holding = staged.finish(claim(commit));
    attempt.requireOpened().live().committing();
    attempts.finish(attempt, holding);
  }

  /** What a commit claims; it says nothing of encoded bytes. */
  static Command.Content claim(CommitCheckpoint commit) throws Refusal {
    if (commit.getDigest().size() != Digest.BYTES) {
      throw new Refusal(
          Rejection.INVALID,
          "commit.digest must be a SHA-256 of %d bytes, not %d"
              .formatted(Digest.BYTES, commit.getDigest().size()));
    }
    return new Command.Content(
        Digest.of(commit.getDigest().toByteArray()),
        commit.getBatchCount(),
        commit.getPageCount(),
        0,
        commit.getSlimBytes());
  }

  @Override
  public void opened(long attempt, CheckpointKey key) {
    send(attempt, b -> b.setOpened(Opened.newBuilder().setCheckpoint(key.checkpoint().value())));
  }

  /** A courtesy: left out while the protector does not read its answers. */
  @Override
  public void durable(long attempt, int batches) {
    if (!closed && observer.isReady()) {
      send(attempt, b -> b.setDurable(DurableThrough.newBuilder().setBatchCount(batches)));
    }
  }

  @Override
  public void committed(long attempt, Outcome.Committed committed) {
    counters.committed();
    send(
        attempt,
        b ->
            b.setCommitted(
                Committed.newBuilder()
                    .setCheckpoint(committed.key().checkpoint().value())
                    .setIndex(committed.index())));
  }

  @Override
  public void rejected(long attempt, Reason reason, String message, long head) {
    counters.rejected(reason);
    send(
        attempt,
        b ->
            b.setRejected(
                Rejected.newBuilder().setReason(reason).setMessage(message).setHead(head)));
  }

  @Override
  public void broken(Throwable failure) {
    if (!closed) {
      giveUp();
      observer.onError(ApiErrors.status(failure));
    }
  }

  private void send(long attempt, Consumer<WriteCheckpointResponse.Builder> event) {
    if (!closed) {
      WriteCheckpointResponse.Builder response =
          WriteCheckpointResponse.newBuilder().setAttempt(attempt);
      event.accept(response);
      observer.onNext(response.build());
    }
  }
}
