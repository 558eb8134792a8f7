package io.hydrant.node.restore;

import com.google.protobuf.MessageLite;
import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Sends the parts of a server stream as fast as the client takes them: while gRPC is ready the next
 * part is made, else the thread goes back to its pool until gRPC asks. A client that takes them as
 * fast as they are made has its {@link Turns} like the others.
 */
final class PacedStream<T extends MessageLite> {
  /** Cost of looking at pages of which none is to be sent. */
  private static final long SKIPPED_BYTES = 1 << 20;

  /** Makes the parts, in order. */
  interface Parts<T> {
    /** Whether {@link #next} may bring more. */
    boolean hasNext();

    /**
     * The next part; null: none in what was looked at so far. May refer to a buffer that is used
     * again for the next.
     */
    @Nullable T next() throws Refusal, IOException;
  }

  private final ServerCallStreamObserver<T> observer;
  private final CompletableFuture<? extends Parts<T>> parts;
  private boolean ended;

  private PacedStream(
      ServerCallStreamObserver<T> observer, CompletableFuture<? extends Parts<T>> parts) {
    this.observer = observer;
    this.parts = parts;
  }

  /**
   * Begins a stream; within the service method, because only there handlers may be set.
   *
   * @param pool on which gRPC calls the method
   * @param sendAheadBytes what may wait for the network, so that reading and sending overlap
   */
  static <T extends MessageLite> void start(
      ServerCallStreamObserver<T> observer,
      Executor pool,
      int sendAheadBytes,
      Parts<T> parts,
      Runnable onEnd) {
    start(observer, pool, sendAheadBytes, CompletableFuture.completedFuture(parts), onEnd);
  }

  /**
   * As the other one, of parts that are known later; on this thread if they are known now.
   *
   * @param parts fails with what ends the stream
   */
  static <T extends MessageLite> void start(
      ServerCallStreamObserver<T> observer,
      Executor pool,
      int sendAheadBytes,
      CompletableFuture<? extends Parts<T>> parts,
      Runnable onEnd) {
    PacedStream<T> stream = new PacedStream<>(observer, parts);
    Turns turns = new Turns(pool, stream::send);
    observer.setOnReadyThreshold(sendAheadBytes);
    observer.setOnCancelHandler(onEnd);
    observer.setOnCloseHandler(onEnd);
    observer.setOnReadyHandler(turns::wake);
    if (parts.isDone()) {
      turns.wake();
    } else {
      parts.whenCompleteAsync((_, _) -> turns.wake(), pool);
    }
  }

  private long send() {
    if (ended || observer.isCancelled() || !observer.isReady() || !parts.isDone()) {
      return Turns.NOTHING;
    }
    try {
      Parts<T> known = parts.join();
      if (!known.hasNext()) {
        ended = true;
        observer.onCompleted();
        return Turns.NOTHING;
      }
      T part = known.next();
      if (part == null) {
        return SKIPPED_BYTES;
      }
      observer.onNext(part);
      return part.getSerializedSize();
    } catch (Refusal | IOException | RuntimeException e) {
      ended = true;
      observer.onError(ApiErrors.status(e));
      return Turns.NOTHING;
    }
  }
}
