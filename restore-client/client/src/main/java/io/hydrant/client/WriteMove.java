package io.hydrant.client;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * Takes the attempts of a {@link WriteCall} to the next leader: settles what had asked for its
 * commit, base first, finds the leader, and sends the rest there once more. Ends when all of it is
 * sent, or no attempt is left: each has its own deadline.
 */
final class WriteMove {
  /** An election's end should not be slept through. */
  private static final long PAUSE_NANOS_MAX = 100_000_000;

  private final Connections connections;
  private final WriteCall call;

  WriteMove(Connections connections, WriteCall call) {
    this.connections = connections;
    this.call = call;
  }

  /** Waits; run it where that is allowed. */
  void run() {
    try {
      for (int round = 1; ; round++) {
        while (call.settleNext()) {
          // until nothing is open that may have been committed
        }
        if (call.endMoveIfIdle()) {
          return;
        }
        Member leader = connections.leaderProbe().findLeader();
        if (leader != null) {
          WriteStream next = call.reopen(leader);
          if (next != null && call.resend(next)) {
            return;
          }
        }
        RetryPolicy retries = connections.config().retries();
        long nanos = retries.pauseNanos(round, ThreadLocalRandom.current());
        TimeUnit.NANOSECONDS.sleep(Math.min(nanos, PAUSE_NANOS_MAX));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      call.giveUp(new CancelledException("moving to another leader: interrupted", e));
    }
  }
}
