package io.hydrant.client;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Looks after the attempts of a {@link WriteCall} while there are any: when the server is silent
 * for long, asks the other members whether another one leads (the old one may be stopped or cut
 * off, and its connections stay), and leaves it then.
 */
final class HungLeader {
  private final Connections connections;
  private final WriteState state;

  /** Guarded by the state's lock. */
  private boolean watched;

  HungLeader(Connections connections, WriteState state) {
    this.connections = connections;
    this.state = state;
  }

  /** Under the lock: looks after the attempts while there are any. */
  void watch() {
    if (watched || state.attempts.isEmpty() || !connections.members().several()) {
      return;
    }
    try {
      connections.timer().schedule(this::look, LeaderProbe.SILENCE_NANOS / 2, TimeUnit.NANOSECONDS);
      watched = true;
    } catch (RejectedExecutionException e) {
      watched = false; // the client was closed
    }
  }

  private void look() {
    state.lock();
    try {
      watched = false;
      WriteStream current = state.stream;
      long now = System.nanoTime();
      boolean silent =
          state.attempts.values().stream()
              .anyMatch(attempt ->
                  attempt.awaitsServer()
                      && now - attempt.progressNanos() > LeaderProbe.SILENCE_NANOS);
      if (silent && state.moving == null && current != null) {
        state.completions.add(() -> leaveIfHung(current));
      } else {
        watch();
      }
    } finally {
      state.unlockAndComplete();
    }
  }

  private void leaveIfHung(WriteStream current) {
    Member leader;
    try {
      leader = connections.leaderProbe().findLeader();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    state.lock();
    try {
      if (leader != null
          && !leader.equals(current.member())
          && state.stream == current
          && state.canMove()) {
        state.beginMove(
            new UnavailableException(
                "image %d: %s does not answer, and %s leads"
                    .formatted(state.imageUid, current.member(), leader),
                null));
      }
      watch();
    } finally {
      state.unlockAndComplete();
    }
  }
}
