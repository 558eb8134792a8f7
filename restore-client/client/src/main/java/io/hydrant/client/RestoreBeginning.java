package io.hydrant.client;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.BeginRestorePart;
import io.hydrant.v1.BeginRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.Region;
import io.hydrant.v1.RestoreServiceGrpc;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Opens a session and reads what comes behind it. Until the session is known the whole is repeated,
 * with the same request id; from then on what is missing is read in the session, from any replica:
 * the leader that opened it may lack bytes, or be gone.
 */
final class RestoreBeginning {
  private static final MethodDescriptor<BeginRestoreRequest, BeginRestorePart> METHOD =
      AliasingMarshaller.answers(
          RestoreServiceGrpc.getBeginRestoreMethod(), BeginRestorePart.parser());

  private final Connections connections;
  private final BeginRestoreRequest request;
  private final Function<List<Region>, PageSink> sinks;

  RestoreBeginning(
      Connections connections,
      BeginRestoreRequest request,
      Function<List<Region>, PageSink> sinks) {
    this.connections = connections;
    this.request = request;
    this.sinks = sinks;
  }

  BegunRestore begin(String what) throws IOException {
    try {
      return new UnaryCalls(connections)
          .repeat(this::once, UnaryCalls.Effect.CHANGES, UnaryCalls.Route.LEADER, what);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private BegunRestore once(CallTarget target, long leftNanos) {
    Arrived arrived = new Arrived(target);
    try (arrived;
        ServerStream<BeginRestoreRequest, BeginRestorePart> stream =
            new ServerStream<>(target.member().bulk(), METHOD, request)) {
      for (BeginRestorePart part = next(target, stream, leftNanos);
          part != null;
          part = next(target, stream, leftNanos)) {
        arrived.add(part);
      }
    } catch (StatusRuntimeException e) {
      if (!arrived.isOpened() || Thread.currentThread().isInterrupted()) {
        arrived.giveUp();
        throw e;
      }
    } catch (RuntimeException e) {
      arrived.giveUp();
      throw e;
    }
    return arrived.begun();
  }

  private @Nullable BeginRestorePart next(
      CallTarget target,
      ServerStream<BeginRestoreRequest, BeginRestorePart> stream,
      long leftNanos) {
    long start = System.nanoTime();
    try {
      while (connections.members().several()
          && !stream.ready(LeaderProbe.SILENCE_NANOS)
          && System.nanoTime() - start < leftNanos) {
        if (target.isHung()) {
          throw Status.UNAVAILABLE
              .withDescription("no answer from %s, and others answer".formatted(target.member()))
              .asRuntimeException();
        }
      }
      return stream.next(leftNanos);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Status.CANCELLED.withDescription("interrupted").withCause(e).asRuntimeException();
    }
  }

  /** What has come so far. */
  private final class Arrived implements AutoCloseable {
    private final CallTarget target;
    private @Nullable RestoreSession session;
    private @Nullable SlimAssembly slim;
    private @Nullable PageVerifier verifier;
    private @Nullable PageSink sink;
    private long pages;

    Arrived(CallTarget target) {
      this.target = target;
    }

    boolean isOpened() {
      return session != null;
    }

    void add(BeginRestorePart part) {
      switch (part.getPartCase()) {
        case OPENED -> open(part.getOpened());
        case SLIM -> session(slim).add(part.getSlim());
        case PAGES -> deliver(part);
        case PART_NOT_SET -> {} // of a newer server
      }
    }

    /** From here on it is renewed, and ended by whoever cannot use it. */
    private void open(OpenRestoreResponse opened) {
      if (session != null) {
        throw new ProtocolViolationException("the server opened two sessions for one", null);
      }
      RestoreSession begun = new RestoreSession(connections, opened);
      session = begun;
      target.succeeded();
      slim = new SlimAssembly(begun.source().name(), opened.getCheckpoint().getSlimBytes());
      verifier = begun.source().verifiers().take();
      sink = sinks.apply(begun.regions());
    }

    private <T> T session(@Nullable T known) {
      if (known == null) {
        throw new ProtocolViolationException(
            "the server sent parts of a restore before its session", null);
      }
      return known;
    }

    private void deliver(BeginRestorePart part) {
      SessionSource known = session(session).source();
      int region = part.getPages().getRegion();
      try {
        PageDelivery.deliver(
            known,
            session(verifier),
            part.getPages(),
            session(sink),
            page -> {
              try {
                known.requirePages(region, page, 1);
              } catch (IllegalArgumentException e) {
                throw new ProtocolViolationException("the server's pages: " + e.getMessage(), e);
              }
            });
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      pages += part.getPages().getPageCount();
    }

    BegunRestore begun() {
      RestoreSession begun = session(session);
      try {
        SlimAssembly read = session(slim);
        return new BegunRestore(begun, read.isWhole() ? read.whole() : begun.slim(), pages);
      } catch (RuntimeException e) {
        begun.close();
        throw e;
      }
    }

    void giveUp() {
      if (session != null) {
        session.close();
      }
    }

    @Override
    public void close() {
      if (session != null && verifier != null) {
        session.source().verifiers().giveBack(verifier);
      }
    }
  }
}
