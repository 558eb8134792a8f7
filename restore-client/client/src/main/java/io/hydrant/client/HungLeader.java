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
  private final WriteCall call;

  /** Guarded by the call's lock. */
  private boolean watched;

  HungLeader(Connections connections, WriteCall call) {
    this.connections = connections;
    this.call = call;
  }

  /** Under the lock: looks after the attempts while there are any. */
  void watch() {
    if (watched || call.attempts.isEmpty() || !connections.members().several()) {
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
    call.lock.lock();
    try {
      watched = false;
      WriteStream current = call.stream;
      long now = System.nanoTime();
      boolean silent =
          call.attempts.values().stream()
              .anyMatch(attempt ->
                  attempt.awaitsServer()
                      && now - attempt.progressNanos() > LeaderProbe.SILENCE_NANOS);
      if (silent && call.moving == null && current != null) {
        call.completions.add(() -> leaveIfHung(current));
      } else {
        watch();
      }
    } finally {
      call.unlockAndComplete();
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
    call.lock.lock();
    try {
      if (leader != null
          && !leader.equals(current.member())
          && call.stream == current
          && call.canMove()) {
        call.beginMove(
            new UnavailableException(
                "image %d: %s does not answer, and %s leads"
                    .formatted(call.imageUid, current.member(), leader),
                null));
      }
      watch();
    } finally {
      call.unlockAndComplete();
    }
  }
}
