package io.hydrant.bench.bare;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Hands one answer at a time from the network's thread to the one that waits for it. */
final class Baton<T> {
  private volatile CompletableFuture<T> next = new CompletableFuture<>();

  void pass(T answer) {
    next.complete(answer);
  }

  void fail(Throwable cause) {
    next.completeExceptionally(cause);
  }

  /** Waits for the answer of the last request. Before the next request is sent, never after. */
  T take() throws InterruptedException, ExecutionException {
    T answer = next.get();
    next = new CompletableFuture<>();
    return answer;
  }
}
