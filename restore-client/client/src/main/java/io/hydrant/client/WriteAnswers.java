package io.hydrant.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.WriteCheckpointResponse;

/**
 * What the server's answers do to the attempts of a {@link WriteCall}. Runs on network threads and
 * is short; takes its state's lock. Streams that were given up are not heard any more.
 */
final class WriteAnswers implements WriteStream.Events {
  private final Connections connections;
  private final WriteState state;

  WriteAnswers(Connections connections, WriteState state) {
    this.connections = connections;
    this.state = state;
  }

  @Override
  public void received(WriteStream from, WriteCheckpointResponse response) {
    state.lock();
    try {
      if (from != state.stream) {
        return; // it was given up
      }
      Attempt attempt = state.attempts.get(response.getAttempt());
      if (attempt != null) {
        // Of those behind it as well: they wait for its commit.
        state.attempts.tailMap(attempt.number).values().forEach(Attempt::progressed);
        apply(attempt, response);
      } else if (response.getAttempt() < 1 || response.getAttempt() > state.lastNumber) {
        violation("an answer to attempt " + response.getAttempt() + ", which was never sent");
      }
    } finally {
      state.unlockAndComplete();
    }
    state.drain();
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
        state.queueCommits();
      }
      case DURABLE -> attempt.durable(response.getDurable().getBatchCount());
      case COMMITTED -> {
        if (!attempt.isPastCommit()
            || response.getCommitted().getCheckpoint() != attempt.checkpoint()) {
          violation("attempt " + attempt.number + " committed before it asked, or by another id");
          return;
        }
        state.moves = 0;
        state.endCommitted(attempt, response.getCommitted().getIndex());
      }
      case REJECTED -> rejected(attempt, response.getRejected());
      case EVENT_NOT_SET -> violation("an empty event");
    }
  }

  private void rejected(Attempt attempt, Rejected rejected) {
    Failure failure = Failure.of(rejected.getReason(), rejected.getMessage());
    String what = "checkpoint attempt %d of image %d".formatted(attempt.number, state.imageUid);
    if (failure.kind() == Failure.Kind.REJECTED) {
      String text = what + ": " + failure.message();
      state.endLine(
          attempt, new RejectedException(rejected.getReason(), text, rejected.getHead(), null));
      return;
    }
    if (failure.elsewhere() && state.canMove()) {
      state.beginMove(failure.toException(what));
      return;
    }
    state.settleOrEndAll(
        state.attempts.values().stream()
            .filter(next -> next == attempt || next.base() == attempt)
            .toList(),
        failure.toException(what));
  }

  private void violation(String what) {
    String text = "image %d: the server sent %s".formatted(state.imageUid, what);
    state.breakOff(new ProtocolViolationException(text, null));
    WriteStream current = state.stream;
    if (current != null) {
      state.completions.add(() -> current.cancel(text));
    }
  }

  @Override
  public void roomMade() {
    state.lock();
    try {
      state.changed.signalAll();
    } finally {
      state.unlock();
    }
  }

  @Override
  public void closed(WriteStream from, Status status, Metadata trailers) {
    state.lock();
    try {
      if (from != state.stream) {
        return;
      }
      HydrantException why = why(status, trailers);
      boolean refused = why instanceof RejectedException;
      if (state.canMove() && !refused && state.attempts.isEmpty()) {
        state.stream = null;
      } else if (state.canMove() && !refused) {
        state.beginMove(why);
      } else {
        state.breakOff(why);
      }
    } finally {
      state.unlockAndComplete();
    }
  }

  private HydrantException why(Status status, Metadata trailers) {
    String what =
        "the checkpoint stream of image %d to %s ended before the commit was sent, so nothing of it was committed"
            .formatted(state.imageUid, connections.members().leader());
    if (connections.isClosed()) {
      return new CancelledException(what + ": the client was closed", null);
    }
    if (status.isOk()) {
      return new UnavailableException(what + ": the server closed it", null);
    }
    Failure failure = Failure.of(status, trailers);
    // A blank server has taken the place of a dead member: it does not speak for the group.
    return failure.kind() == Failure.Kind.UNKNOWN || failure.fromBlank()
        ? new UnavailableException(what + ": " + failure.message(), failure.cause())
        : failure.toException(what);
  }
}
