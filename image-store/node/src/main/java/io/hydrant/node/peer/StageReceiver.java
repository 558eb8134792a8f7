package io.hydrant.node.peer;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.ingest.Demand;
import io.hydrant.node.ingest.Mailbox;
import io.hydrant.peer.v1.StageRequest;
import io.hydrant.peer.v1.Stated;

/**
 * One inbound Stage stream. Frames are taken one after the other on the stage pool; at most the
 * window's messages are received and not yet taken, so that a slow disk slows the sender.
 */
final class StageReceiver implements StreamObserver<StageRequest> {
  /** Messages, each of at most a batch. */
  private static final int WINDOW_MESSAGES = 16;

  /** Stands for a message that was too large to be read; known by its identity. */
  static final StageRequest OVERSIZED = StageRequest.newBuilder().setSequence(-1).build();

  private final Receptions receptions;
  private final long life;
  private final ServerCallStreamObserver<Stated> observer;
  private final Mailbox mailbox;
  private final Demand demand;
  private boolean closed;

  private StageReceiver(
      Receptions receptions,
      long life,
      ServerCallStreamObserver<Stated> observer,
      Mailbox mailbox) {
    this.mailbox = mailbox;
    this.receptions = receptions;
    this.life = life;
    this.observer = observer;
    this.demand = new Demand(observer::request, WINDOW_MESSAGES);
  }

  /**
   * @param life of this process, which it states in
   * @param mailbox on the stage pool
   */
  static StageReceiver of(
      Receptions receptions,
      long life,
      ServerCallStreamObserver<Stated> observer,
      Mailbox mailbox) {
    observer.disableAutoRequest();
    StageReceiver receiver = new StageReceiver(receptions, life, observer, mailbox);
    observer.setOnCancelHandler(receiver::close);
    return receiver;
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // any other message may have the same content
  public void onNext(StageRequest frame) {
    if (frame == OVERSIZED || frame.getImage() < 1 || frame.getCheckpoint() < 1) {
      fail(ApiException.invalid("a frame that is too large, or of no checkpoint"));
      return;
    }
    CheckpointKey key = CheckpointKey.of(frame.getImage(), frame.getCheckpoint());
    mailbox.post(() -> {
      receptions.take(key, frame, says -> say(key, says));
      askForMore();
    });
  }

  private synchronized void askForMore() {
    if (!closed) {
      demand.taken();
    }
  }

  private synchronized void say(CheckpointKey key, Says says) {
    if (!closed) {
      observer.onNext(StageMessages.stated(key, life, says));
    }
  }

  private synchronized void fail(RuntimeException why) {
    if (!closed) {
      closed = true;
      observer.onError(ApiErrors.status(why));
    }
  }

  private synchronized void close() {
    closed = true;
  }

  @Override
  public void onError(Throwable failure) {
    close();
  }

  @Override
  public synchronized void onCompleted() {
    if (!closed) {
      closed = true;
      observer.onCompleted();
    }
  }
}
