package io.hydrant.bench.bare;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A call whose sender waits while gRPC has enough queued: memory stays bounded and the wire never
 * runs dry. {@link #send} is for one thread at a time.
 */
public final class SendingObserver<Q, A> implements ClientResponseObserver<Q, A> {
  private final Consumer<A> answers;
  private final Consumer<Throwable> failures;
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition ready = lock.newCondition();
  private final CompletableFuture<ClientCallStreamObserver<Q>> call = new CompletableFuture<>();

  /**
   * @param answers gets each answer, on the network's thread
   * @param failures gets what ended the call before its time
   */
  public SendingObserver(Consumer<A> answers, Consumer<Throwable> failures) {
    this.answers = answers;
    this.failures = failures;
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> stream) {
    stream.setOnReadyHandler(this::signal);
    call.complete(stream);
  }

  /** Sends when the queue has room. */
  public void send(Q message) throws InterruptedException, ExecutionException {
    ClientCallStreamObserver<Q> stream = call.get();
    if (!stream.isReady()) {
      awaitReady(stream);
    }
    stream.onNext(message);
  }

  /** Sends without waiting: for callers that bound what is in flight by the answers. */
  void sendNow(Q message) {
    call.join().onNext(message);
  }

  /** Ends the requests and waits for the last answer. */
  public void end() throws InterruptedException, ExecutionException {
    call.get().onCompleted();
    ended.get();
  }

  private void awaitReady(ClientCallStreamObserver<Q> stream)
      throws InterruptedException, ExecutionException {
    lock.lock();
    try {
      while (!stream.isReady() && !ended.isDone()) {
        ready.await();
      }
    } finally {
      lock.unlock();
    }
    if (ended.isDone()) {
      ended.get();
    }
  }

  private void signal() {
    lock.lock();
    try {
      ready.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void onNext(A answer) {
    answers.accept(answer);
  }

  @Override
  public void onError(Throwable cause) {
    ended.completeExceptionally(cause);
    failures.accept(cause);
    signal();
  }

  @Override
  public void onCompleted() {
    ended.complete(null);
    signal();
  }
}
