package io.hydrant.bench.cadence;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** Moments one interval after the other; the next is due whatever became of the last. */
final class Clockwork {
  private final long intervalNanos;
  private final long begin;

  /** The first moment is one interval from now. */
  Clockwork(Duration interval) {
    this.intervalNanos = interval.toNanos();
    this.begin = System.nanoTime() + intervalNanos;
  }

  /** When a moment is due, on the clock of {@link System#nanoTime}. */
  long due(long number) {
    return begin + number * intervalNanos;
  }

  /** Waits until a moment is due; returns when it was, which may be long ago. */
  long await(long number) {
    long due = due(number);
    for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
    return due;
  }
}
