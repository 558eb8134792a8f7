package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Unary calls, repeated with backoff within a deadline. Every call of the API may be repeated. */
final class UnaryCalls {
  /** A shorter last try would only turn "not done" into "unknown". */
  private static final long TRY_NANOS_MIN = 50_000_000;

  private final Connections connections;

  UnaryCalls(Connections connections) {
    this.connections = connections;
  }

  /** Whether a call that got no answer may have changed something. */
  enum Effect {
    READS,
    CHANGES
  }

  /**
   * @param what names the call and its object for messages, for instance "creating image 'vm1'"
   */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request, Effect effect, String what) {
    connections.requireOpen();
    long start = System.nanoTime();
    long limitNanos = connections.config().deadlines().call().toNanos();
    boolean mayHaveHappened = false;
    for (int attempt = 1; ; attempt++) {
      long leftNanos = limitNanos - (System.nanoTime() - start);
      Failure failure;
      try {
        return once(method, request, Math.max(leftNanos, 1));
      } catch (StatusRuntimeException e) {
        failure = Failure.of(e.getStatus(), e.getTrailers());
        rethrowIfCancelled(what, e);
      }
      mayHaveHappened |= failure.mayHaveHappened();
      RetryPolicy retries = connections.config().retries();
      long pauseNanos = retries.pauseNanos(attempt, ThreadLocalRandom.current());
      leftNanos = limitNanos - (System.nanoTime() - start);
      boolean noTimeLeft = leftNanos - pauseNanos < Math.min(TRY_NANOS_MIN, limitNanos / 10);
      if (!failure.retryable() || attempt >= retries.attemptsMax() || noTimeLeft) {
        throw end(failure, effect, mayHaveHappened, what);
      }
      pause(pauseNanos, what);
    }
  }

  /** One try. */
  <Q, A> A once(MethodDescriptor<Q, A> method, Q request, long nanos) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
    return ClientCalls.blockingUnaryCall(connections.bulk(), method, options, request);
  }

  /** Waits, then has the connection try at once instead of after its own, longer backoff. */
  void pause(long nanos, String what) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(what + ": interrupted", e);
    }
    connections.bulk().resetConnectBackoff();
  }

  void rethrowIfCancelled(String what, StatusRuntimeException e) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(what + ": interrupted", e);
    }
    if (connections.isClosed()) {
      throw new CancelledException(what + ": the client was closed", e);
    }
  }

  private HydrantException end(
      Failure failure, Effect effect, boolean mayHaveHappened, String what) {
    if (effect == Effect.CHANGES
        && mayHaveHappened
        && failure.kind() != Failure.Kind.REJECTED
        && failure.kind() != Failure.Kind.DAMAGED) {
      return new UnknownOutcomeException(
          "%s: no answer, so it may or may not have happened (%s); look, or repeat it"
              .formatted(what, failure.message()),
          failure.cause());
    }
    if (failure.retryable()) {
      return new UnavailableException(
          "%s at %s: %s; check that the server runs there and try again"
              .formatted(what, connections.config().endpoints().getFirst(), failure.message()),
          failure.cause());
    }
    return failure.toException(what);
  }
}
