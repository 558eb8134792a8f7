package io.hydrant.bench.bare;

import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps a number of fetches in flight: every answer sends the next request. */
final class FetchWindow implements Consumer<FetchResponse> {
  private final List<FetchRequest> requests;
  private final int count;
  private final AtomicInteger sent = new AtomicInteger();
  private final AtomicInteger answered = new AtomicInteger();
  private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();
  private @Nullable SendingObserver<FetchRequest, FetchResponse> call;

  FetchWindow(List<FetchRequest> requests, int count) {
    this.requests = requests;
    this.count = count;
  }

  void fill(SendingObserver<FetchRequest, FetchResponse> stream, int inFlight) {
    synchronized (this) {
      call = stream;
    }
    for (int i = 0; i < inFlight; i++) {
      sendNext();
    }
  }

  void await() throws InterruptedException, ExecutionException {
    end.get();
  }

  void fail(Throwable cause) {
    end.completeExceptionally(cause);
  }

  @Override
  public void accept(FetchResponse answer) {
    if (answer.getPages().getPageCount() == 0) {
      fail(new IllegalStateException("an answer without pages"));
    }
    if (answered.incrementAndGet() == count) {
      end.complete(null);
    } else {
      sendNext();
    }
  }

  /** One message at a time: a stream is not safe for two senders. */
  private synchronized void sendNext() {
    int number = sent.get();
    if (number < count && call != null) {
      sent.incrementAndGet();
      call.sendNow(requests.get(number % requests.size()));
    }
  }
}
