package io.hydrant.node.restore;

import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Sends the parts of a server stream as fast as the client takes them: while gRPC is ready the next
 * part is made, else the thread goes back to its pool until gRPC asks. Called by gRPC, one call at
 * a time.
 */
final class PacedStream<T> {
  /** Makes the parts, in order. */
  @FunctionalInterface
  interface Parts<T> {
    /**
     * The next part; null behind the last. May refer to a buffer that is used again for the next.
     */
    @Nullable T next() throws Refusal, IOException;
  }

  private final ServerCallStreamObserver<T> observer;
  private final Parts<T> parts;
  private boolean ended;

  private PacedStream(ServerCallStreamObserver<T> observer, Parts<T> parts) {
    this.observer = observer;
    this.parts = parts;
  }

  /**
   * Begins a stream; within the service method, because only there handlers may be set.
   *
   * @param sendAheadBytes what may wait for the network, so that reading and sending overlap
   */
  static <T> void start(
      ServerCallStreamObserver<T> observer, int sendAheadBytes, Parts<T> parts, Runnable onEnd) {
    PacedStream<T> stream = new PacedStream<>(observer, parts);
    observer.setOnReadyThreshold(sendAheadBytes);
    observer.setOnCancelHandler(onEnd);
    observer.setOnCloseHandler(onEnd);
    observer.setOnReadyHandler(stream::send);
    stream.send();
  }

  private void send() {
    try {
      while (!ended && !observer.isCancelled() && observer.isReady()) {
        T part = parts.next();
        if (part == null) {
          ended = true;
          observer.onCompleted();
        } else {
          observer.onNext(part);
        }
      }
    } catch (Refusal | IOException | RuntimeException e) {
      ended = true;
      observer.onError(ApiErrors.status(e));
    }
  }
}
