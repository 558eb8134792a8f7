package io.hydrant.node.peer;

import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.ingest.Mailbox;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * An answer of many parts, made on a pool and sent as fast as the peer takes them. After a few
 * parts the rest goes behind what waits in the pool.
 */
final class PartStream<T> {
  /** Made in a turn: about 4 MiB. */
  private static final int PARTS = 4;

  /** What may wait for the network, so that reading and sending overlap. */
  private static final int SEND_AHEAD_BYTES = 2 << 20;

  /** The parts, in order; one thread at a time. */
  interface Parts<T> {
    boolean hasNext();

    T next() throws Refusal, IOException;
  }

  /** Begins to make an answer; on the pool. */
  interface Opening<T> {
    Parts<T> open() throws Refusal, IOException;
  }

  private final ServerCallStreamObserver<T> observer;
  private final Mailbox mailbox;
  private final Opening<T> opening;
  private @Nullable Parts<T> parts;
  private boolean ended;

  private PartStream(ServerCallStreamObserver<T> observer, Executor pool, Opening<T> opening) {
    this.observer = observer;
    this.mailbox = new Mailbox(pool);
    this.opening = opening;
  }

  /**
   * Begins an answer; within the service method, because only there handlers may be set.
   *
   * @param onEnd runs once at least
   */
  static <T> void start(
      ServerCallStreamObserver<T> observer, Executor pool, Opening<T> opening, Runnable onEnd) {
    PartStream<T> stream = new PartStream<>(observer, pool, opening);
    observer.setOnReadyThreshold(SEND_AHEAD_BYTES);
    observer.setOnCancelHandler(onEnd);
    observer.setOnCloseHandler(onEnd);
    observer.setOnReadyHandler(stream::wake);
    stream.wake();
  }

  private void wake() {
    try {
      mailbox.post(this::turn);
    } catch (RejectedExecutionException e) {
      // The node is closing: gRPC has ended the call.
    }
  }

  private void turn() {
    for (int made = 0; made < PARTS; made++) {
      if (ended || observer.isCancelled() || !observer.isReady()) {
        return;
      }
      try {
        Parts<T> open = parts;
        if (open == null) {
          open = opening.open();
          parts = open;
        }
        if (!open.hasNext()) {
          ended = true;
          observer.onCompleted();
          return;
        }
        observer.onNext(open.next());
      } catch (Refusal | IOException | RuntimeException e) {
        ended = true;
        observer.onError(ApiErrors.status(e));
        return;
      }
    }
    mailbox.postBehindOthers(this::turn);
  }
}
