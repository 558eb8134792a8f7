package io.hydrant.client;

import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;

/** Completes a future with a unary call's answer. */
record FutureObserver<A>(CompletableFuture<A> future) implements StreamObserver<A> {
  @Override
  public void onNext(A answer) {
    future.complete(answer);
  }

  @Override
  public void onError(Throwable error) {
    future.completeExceptionally(error);
  }

  @Override
  public void onCompleted() {
    future.completeExceptionally(new IllegalStateException("no answer came"));
  }
}
