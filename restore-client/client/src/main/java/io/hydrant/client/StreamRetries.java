package io.hydrant.client;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a broken server stream is opened again, and where: within the deadline since its
 * last message. What one member cannot give (not here, behind, damaged, gone) the next one is asked
 * for at once; bytes are damaged for good only when all members have said so.
 */
final class StreamRetries {
  private final Connections connections;
  private final UnaryCalls calls;
  private final String what;
  private final long limitNanos;
  private final ReadRound round;
  private Member member;
  private long lastMessageNanos = System.nanoTime();
  private int attempts;

  StreamRetries(Connections connections, String what) {
    this.connections = connections;
    this.calls = new UnaryCalls(connections);
    this.what = what;
    this.limitNanos = connections.config().deadlines().call().toNanos();
    this.round = new ReadRound(connections.members());
    this.member = connections.members().reader();
  }

  /** Where to open the stream. */
  Member member() {
    return member;
  }

  /** The next message; null at the end. */
  <Q, A> @Nullable A next(ServerStream<Q, A> stream) {
    try {
      awaitUnlessHung(stream);
      A message = stream.next(limitNanos);
      lastMessageNanos = System.nanoTime();
      attempts = 0;
      round.progressed();
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
    switch (round.failed(member, failure)) {
      case ReadRound.Next.Ask(Member next) -> {
        member = next;
        next.connectSoon();
        return;
      }
      case ReadRound.Next.GiveUp() -> throw failure.toException(what);
      case ReadRound.Next.Pause(Member next) -> member = next;
    }
    RetryPolicy retries = connections.config().retries();
    attempts++;
    long pauseNanos = retries.pauseNanos(attempts, ThreadLocalRandom.current());
    long idleNanos = System.nanoTime() - lastMessageNanos;
    if (attempts >= retries.attemptsMax() || idleNanos + pauseNanos >= limitNanos) {
      throw failure.toException(what);
    }
    calls.pause(pauseNanos, what);
    member.connectSoon();
  }

  /** With several members: not longer than it takes to see that others answer and this one not. */
  private <Q, A> void awaitUnlessHung(ServerStream<Q, A> stream) throws InterruptedException {
    long start = System.nanoTime();
    while (connections.members().several()
        && !stream.ready(LeaderProbe.SILENCE_NANOS)
        && System.nanoTime() - start < limitNanos) {
      if (connections.isSilent(member)) {
        throw Status.UNAVAILABLE
            .withDescription("no message came from %s, and others answer".formatted(member))
            .asRuntimeException();
      }
    }
  }
}
