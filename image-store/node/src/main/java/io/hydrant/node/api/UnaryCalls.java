package io.hydrant.node.api;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Answers calls that have one answer. */
public final class UnaryCalls {
  private final Executor executor;

  /**
   * @param executor makes and sends the answers: the log's threads have other things to do
   */
  public UnaryCalls(Executor executor) {
    this.executor = executor;
  }

  /**
   * Runs the body here and answers what its future brings. What the body throws is answered, too.
   */
  public <T> void answer(StreamObserver<T> observer, Supplier<CompletableFuture<T>> body) {
    CompletableFuture<T> answer;
    try {
      answer = body.get();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      return;
    }
    answer.whenCompleteAsync(
        (message, failure) -> {
          if (failure == null) {
            observer.onNext(message);
            observer.onCompleted();
          } else {
            observer.onError(ApiErrors.status(failure));
          }
        },
        executor);
  }

  public Executor executor() {
    return executor;
  }
}
