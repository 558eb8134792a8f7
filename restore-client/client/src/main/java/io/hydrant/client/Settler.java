package io.hydrant.client;

import io.grpc.StatusRuntimeException;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what became of a commit that got no answer (PROTOCOL R5), by asking again until the
 * store knows, for a bounded time. Only a final state counts as an answer.
 */
final class Settler {
  private final Connections connections;
  private final UnaryCalls calls;

  Settler(Connections connections) {
    this.connections = connections;
    this.calls = new UnaryCalls(connections);
  }

  sealed interface Settlement {
    record Committed(long index) implements Settlement {}

    record Aborted(RejectedException why) implements Settlement {}

    record Unknown(UnknownOutcomeException why) implements Settlement {}
  }

  /** Waits; run it where that is allowed. */
  Settlement settle(long imageUid, long epoch, long checkpoint, CommitCheckpoint claim) {
    SettleRequest request =
        SettleRequest.newBuilder()
            .setImageUid(imageUid)
            .setEpoch(epoch)
            .setCheckpoint(checkpoint)
            .setCommit(claim)
            .build();
    String what = "settling checkpoint %d of image %d".formatted(checkpoint, imageUid);
    Deadlines deadlines = connections.config().deadlines();
    long start = System.nanoTime();
    long limitNanos = deadlines.settle().toNanos();
    String last = "no answer yet";
    CallTarget target = new CallTarget(connections, UnaryCalls.Route.LEADER);
    for (int attempt = 1; ; attempt++) {
      long leftNanos = limitNanos - (System.nanoTime() - start);
      if (leftNanos <= 0) {
        return unknown(what, last + " for " + deadlines.settle(), null);
      }
      try {
        long tryNanos = Math.min(leftNanos, deadlines.call().toNanos());
        SettleResponse answer =
            calls.once(target, CheckpointServiceGrpc.getSettleMethod(), request, tryNanos);
        Settlement settlement = read(answer, what);
        if (settlement != null) {
          return settlement;
        }
        last = "it is still open";
      } catch (StatusRuntimeException e) {
        Failure failure = Failure.of(e.getStatus(), e.getTrailers());
        if (connections.isClosed() || isFinal(failure)) {
          return unknown(what, failure.message(), e);
        }
        last = failure.message();
        target.failed(failure, e.getTrailers());
      }
      try {
        calls.pause(target.pauseNanos(attempt), what);
        target.member().connectSoon();
      } catch (CancelledException e) {
        return unknown(what, "interrupted", e);
      }
    }
  }

  /**
   * Whether asking again cannot help. A refusal of the claim is none: it speaks of the commit that
   * would be made now, not of the one that may have been made, so the state is still to be learnt.
   */
  private static boolean isFinal(Failure failure) {
    return failure.kind() == Failure.Kind.REJECTED
        && failure.reason() != Reason.REASON_ABORTED
        && failure.reason() != Reason.REASON_WRONG_BASE
        && failure.reason() != Reason.REASON_STALE_EPOCH;
  }

  /** Null where the state is not final. */
  private static @Nullable Settlement read(SettleResponse answer, String what) {
    return switch (answer.getState()) {
      case CHECKPOINT_STATE_COMMITTED, CHECKPOINT_STATE_RETIRED ->
          new Settlement.Committed(answer.getIndex());
      case CHECKPOINT_STATE_ABORTED -> {
        Failure failure = Failure.of(answer.getReason(), answer.getMessage());
        yield new Settlement.Aborted(
            new RejectedException(
                answer.getReason(),
                what
                    + ": it was aborted and never will be committed; send the union of the dirty"
                    + " sets since the head, or a full checkpoint ("
                    + failure.message()
                    + ")"));
      }
      case CHECKPOINT_STATE_OPEN, CHECKPOINT_STATE_UNSPECIFIED, UNRECOGNIZED -> null;
    };
  }

  private static Settlement unknown(String what, String why, @Nullable Throwable cause) {
    return new Settlement.Unknown(
        new UnknownOutcomeException(
            what
                + ": whether it was committed is not known ("
                + why
                + "); list the image's checkpoints once the server answers, and build on its head",
            cause));
  }
}
