package io.hydrant.bench.scenario;

import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.client.RejectedException;
import io.hydrant.v1.Reason;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Checkpoints as a protector sends them that waits while the store has no room. */
final class PatientWrite {
  /** Longer means that nothing is reclaimed. */
  private static final Duration FULL_MAX = Duration.ofMinutes(2);

  private static final long PAUSE_MILLIS = 50;

  private PatientWrite() {}

  /** Returns how often it was refused for lack of space before it was taken. */
  static long increment(StoreImage image, PageSet set)
      throws InterruptedException, ExecutionException {
    long refusals = 0;
    long began = System.nanoTime();
    while (true) {
      try {
        image.writeIncremental(set);
        return refusals;
      } catch (RejectedException e) {
        requireFull(e, began, e);
      } catch (ExecutionException e) {
        requireFull(e.getCause(), began, e);
      }
      refusals++;
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private static <E extends Exception> void requireFull(
      @Nullable Throwable cause, long began, E failure) throws E {
    boolean full =
        cause instanceof RejectedException rejected && rejected.reason() == Reason.REASON_DISK_FULL;
    if (!full || System.nanoTime() - began > FULL_MAX.toNanos()) {
      throw failure;
    }
  }
}
