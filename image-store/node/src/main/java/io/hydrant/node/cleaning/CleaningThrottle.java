package io.hydrant.node.cleaning;

import io.hydrant.engine.clean.CleaningPace;
import io.hydrant.node.pace.BytePace;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * The budget of cleaning: so many bytes a second are read and written, half of it while clients are
 * served, and the less is waited for the more urgent it is, also when that changes in the middle of
 * a wait. For one thread.
 */
final class CleaningThrottle implements CleaningPace {
  /** Between two looks at how urgent it is. */
  private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private final BytePace pace;
  private final BooleanSupplier busy;
  private final Pause pause;
  private final LongSupplier nanoTime;
  private double urgency;
  private long lookNanos;

  /** Waits for so long. */
  @FunctionalInterface
  interface Pause {
    /**
     * @return false if it is to be waited no more
     */
    boolean sleep(long nanos);
  }

  /**
   * @param busy whether clients are being served right now
   */
  CleaningThrottle(long bytesPerSecond, BooleanSupplier busy, Pause pause, LongSupplier nanoTime) {
    long now = nanoTime.getAsLong();
    this.pace = new BytePace(bytesPerSecond, now);
    this.busy = busy;
    this.pause = pause;
    this.nanoTime = nanoTime;
    this.lookNanos = now - LOOK_NANOS;
  }

  @Override
  public void copied(long bytes, Urgency urgent) throws IOException {
    look(urgent);
    // What is read, and what is written.
    long paid = (long) (2 * bytes * (1 - urgency));
    long left = pace.waitNanos(paid, busy.getAsBoolean(), nanoTime.getAsLong());
    while (left > 0) {
      long slice = Math.min(left, LOOK_NANOS);
      if (!pause.sleep(slice)) {
        return;
      }
      left -= slice;
      double before = urgency;
      look(urgent);
      if (urgency > before) {
        long due = (long) (left * (1 - urgency) / (1 - before));
        pace.forgive(left - due);
        left = due;
      }
    }
  }

  private void look(Urgency urgent) throws IOException {
    long now = nanoTime.getAsLong();
    if (now - lookNanos >= LOOK_NANOS) {
      lookNanos = now;
      urgency = urgent.now();
    }
  }
}
