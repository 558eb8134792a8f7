package io.hydrant.client;

import io.grpc.StatusRuntimeException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a broken server stream is opened again: within the deadline since its last
 * message.
 */
final class StreamRetries {
  private final Connections connections;
  private final UnaryCalls calls;
  private final String what;
  private final long limitNanos;
  private long lastMessageNanos = System.nanoTime();
  private int attempts;

  StreamRetries(Connections connections, String what) {
    this.connections = connections;
    this.calls = new UnaryCalls(connections);
    this.what = what;
    this.limitNanos = connections.config().deadlines().call().toNanos();
  }

  /** The next message; null at the end. */
  <Q, A> @Nullable A next(ServerStream<Q, A> stream) {
    try {
      A message = stream.next(limitNanos);
      lastMessageNanos = System.nanoTime();
      attempts = 0;
      return message;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(what + ": interrupted", e);
    }
  }

  /** Waits before the next try; throws if there is none. */
  void broken(StatusRuntimeException e) {
    calls.rethrowIfCancelled(what, e);
    Failure failure = Failure.of(e.getStatus(), e.getTrailers());
    RetryPolicy retries = connections.config().retries();
    attempts++;
    long pauseNanos = retries.pauseNanos(attempts, ThreadLocalRandom.current());
    long idleNanos = System.nanoTime() - lastMessageNanos;
    if (!failure.retryable()
        || attempts >= retries.attemptsMax()
        || idleNanos + pauseNanos >= limitNanos) {
      throw failure.toException(what);
    }
    calls.pause(pauseNanos, what);
  }
}
