package io.hydrant.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.WriteCheckpointResponse;

/**
 * What the server's answers do to the attempts of a {@link WriteCall}. Runs on network threads and
 * is short; takes the call's lock. Streams that were given up are not heard any more.
 */
final class WriteAnswers implements WriteStream.Events {
  private final Connections connections;
  private final WriteCall call;

  WriteAnswers(Connections connections, WriteCall call) {
    this.connections = connections;
    this.call = call;
  }

  @Override
  public void received(WriteStream from, WriteCheckpointResponse response) {
    call.lock.lock();
    try {
      if (from != call.stream) {
        return; // it was given up
      }
      Attempt attempt = call.attempts.get(response.getAttempt());
      if (attempt != null) {
        // Of those behind it as well: they wait for its commit.
        call.attempts.tailMap(attempt.number).values().forEach(Attempt::progressed);
        apply(attempt, response);
      } else if (response.getAttempt() < 1 || response.getAttempt() > call.lastNumber) {
        violation("an answer to attempt " + response.getAttempt() + ", which was never sent");
      }
    } finally {
      call.unlockAndComplete();
    }
    call.drain();
  }

  private void apply(Attempt attempt, WriteCheckpointResponse response) {
    switch (response.getEventCase()) {
      case OPENED -> {
        long id = response.getOpened().getCheckpoint();
        if (attempt.state() != Attempt.State.OPENING || id == 0) {
          violation("attempt " + attempt.number + " opened twice or without an id");
          return;
        }
        attempt.opened(id);
        call.queueCommits();
      }
      case DURABLE -> attempt.durable(response.getDurable().getBatchCount());
      case COMMITTED -> {
        if (!attempt.isPastCommit()
            || response.getCommitted().getCheckpoint() != attempt.checkpoint()) {
          violation("attempt " + attempt.number + " committed before it asked, or by another id");
          return;
        }
        call.moves = 0;
        call.endCommitted(attempt, response.getCommitted().getIndex());
      }
      case REJECTED -> rejected(attempt, response.getRejected());
      case EVENT_NOT_SET -> violation("an empty event");
    }
  }

  private void rejected(Attempt attempt, Rejected rejected) {
    Failure failure = Failure.of(rejected.getReason(), rejected.getMessage());
    String what = "checkpoint attempt %d of image %d".formatted(attempt.number, call.imageUid);
    if (failure.kind() == Failure.Kind.REJECTED) {
      String text = what + ": " + failure.message();
      call.endLine(
          attempt, new RejectedException(rejected.getReason(), text, rejected.getHead(), null));
      return;
    }
    if (failure.elsewhere() && call.canMove()) {
      call.beginMove(failure.toException(what));
      return;
    }
    call.settleOrEndAll(
        call.attempts.values().stream()
            .filter(next -> next == attempt || next.base() == attempt)
            .toList(),
        failure.toException(what));
  }

  private void violation(String what) {
    String text = "image %d: the server sent %s".formatted(call.imageUid, what);
    call.breakOff(new ProtocolViolationException(text, null));
    WriteStream current = call.stream;
    if (current != null) {
      call.completions.add(() -> current.cancel(text));
    }
  }

  @Override
  public void roomMade() {
    call.lock.lock();
    try {
      call.changed.signalAll();
    } finally {
      call.lock.unlock();
    }
  }

  @Override
  public void closed(WriteStream from, Status status, Metadata trailers) {
    call.lock.lock();
    try {
      if (from != call.stream) {
        return;
      }
      HydrantException why = why(status, trailers);
      boolean refused = why instanceof RejectedException && !status.isOk();
      if (call.canMove() && !refused && call.attempts.isEmpty()) {
        call.stream = null;
      } else if (call.canMove() && !refused) {
        call.beginMove(why);
      } else {
        call.breakOff(why);
      }
    } finally {
      call.unlockAndComplete();
    }
  }

  private HydrantException why(Status status, Metadata trailers) {
    String what =
        "the checkpoint stream of image %d to %s ended before the commit was sent, so nothing of it was committed"
            .formatted(call.imageUid, connections.members().leader());
    if (connections.isClosed()) {
      return new CancelledException(what + ": the client was closed", null);
    }
    if (status.isOk()) {
      return new UnavailableException(what + ": the server closed it", null);
    }
    Failure failure = Failure.of(status, trailers);
    return failure.kind() == Failure.Kind.UNKNOWN
        ? new UnavailableException(what + ": " + failure.message(), failure.cause())
        : failure.toException(what);
  }
}
