package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Unary calls, repeated with backoff within a deadline, at the leader or at any member. Every call
 * of the API may be repeated.
 */
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

  /** Who can answer. */
  enum Route {
    LEADER,
    ANY
  }

  /** Changes go to the leader, reads to any member. */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request, Effect effect, String what) {
    Route route =
        switch (effect) {
          case READS -> Route.ANY;
          case CHANGES -> Route.LEADER;
        };
    return call(method, request, effect, route, what);
  }

  /**
   * @param what names the call and its object for messages, for instance "creating image 'vm1'"
   */
  <Q, A> A call(MethodDescriptor<Q, A> method, Q request, Effect effect, Route route, String what) {
    return repeat(
        (target, leftNanos) -> once(target, method, request, leftNanos), effect, route, what);
  }

  /** One try at a member. */
  @FunctionalInterface
  interface Try<A> {
    /**
     * @param leftNanos until the deadline
     * @throws StatusRuntimeException it failed, and may be repeated
     */
    A at(CallTarget target, long leftNanos);
  }

  /** Repeats what is no unary call, and may be repeated all the same. */
  <A> A repeat(Try<A> attempted, Effect effect, Route route, String what) {
    connections.requireOpen();
    long start = System.nanoTime();
    long limitNanos = connections.config().deadlines().call().toNanos();
    boolean mayHaveHappened = false;
    CallTarget target = new CallTarget(connections, route);
    for (int attempt = 1; ; attempt++) {
      long leftNanos = limitNanos - (System.nanoTime() - start);
      Failure failure;
      try {
        return attempted.at(target, Math.max(leftNanos, 1));
      } catch (StatusRuntimeException e) {
        failure = Failure.of(e.getStatus(), e.getTrailers());
        rethrowIfCancelled(what, e);
        target.failed(failure, e.getTrailers());
      }
      mayHaveHappened |= failure.mayHaveHappened();
      RetryPolicy retries = connections.config().retries();
      long pauseNanos = target.pauseNanos(attempt);
      leftNanos = limitNanos - (System.nanoTime() - start);
      boolean noTimeLeft = leftNanos - pauseNanos < Math.min(TRY_NANOS_MIN, limitNanos / 10);
      boolean settled = !target.mayAskAgain(failure);
      if (settled || target.round(attempt) >= retries.attemptsMax() || noTimeLeft) {
        throw end(failure, settled, effect == Effect.CHANGES && mayHaveHappened, what);
      }
      pause(pauseNanos, what);
      target.member().connectSoon();
    }
  }

  /** One try. */
  <Q, A> A once(CallTarget target, MethodDescriptor<Q, A> method, Q request, long nanos) {
    CallOptions options = CallOptions.DEFAULT.withDeadlineAfter(nanos, TimeUnit.NANOSECONDS);
    Member member = target.member();
    if (!connections.members().several()) {
      return ClientCalls.blockingUnaryCall(member.bulk(), method, options, request);
    }
    CompletableFuture<A> answer = new CompletableFuture<>();
    ClientCall<Q, A> call = member.bulk().newCall(method, options);
    ClientCalls.asyncUnaryCall(call, request, new FutureObserver<>(answer));
    try {
      A value = awaitUnlessHung(target, answer);
      target.succeeded();
      return value;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withDescription("interrupted").withCause(e).asRuntimeException();
    } finally {
      if (!answer.isDone()) {
        call.cancel("not waited for any more", null);
      }
    }
  }

  /** Asks around whenever the member is silent for a while. */
  private static <A> A awaitUnlessHung(CallTarget target, CompletableFuture<A> answer)
      throws InterruptedException {
    while (true) {
      try {
        return answer.get(LeaderProbe.SILENCE_NANOS, TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        if (target.isHung()) {
          throw Status.UNAVAILABLE
              .withDescription("no answer from %s, and others answer".formatted(target.member()))
              .asRuntimeException();
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof StatusRuntimeException status) {
          throw status;
        }
        throw new IllegalStateException("unexpected failure of a call", e.getCause());
      }
    }
  }

  void pause(long nanos, String what) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException(what + ": interrupted", e);
    }
  }

  void rethrowIfCancelled(String what, StatusRuntimeException e) {
    if (Thread.currentThread().isInterrupted()) {
      throw new CancelledException(what + ": interrupted", e);
    }
    if (connections.isClosed()) {
      throw new CancelledException(what + ": the client was closed", e);
    }
  }

  /**
   * @param settled whether the failure is the call's own, and not only that of the last one asked
   */
  private HydrantException end(
      Failure failure, boolean settled, boolean mayHaveChanged, String what) {
    boolean verdict =
        !failure.fromBlank()
            && (failure.kind() == Failure.Kind.REJECTED || failure.kind() == Failure.Kind.DAMAGED);
    if (mayHaveChanged && !verdict) {
      return new UnknownOutcomeException(
          "%s: no answer, so it may or may not have happened (%s); look, or repeat it"
              .formatted(what, failure.message()),
          failure.cause());
    }
    if (!settled) {
      return new UnavailableException(
          "%s at %s: %s; check that the server runs there and try again"
              .formatted(what, connections.members().leader(), failure.message()),
          failure.cause());
    }
    return failure.toException(what);
  }
}
