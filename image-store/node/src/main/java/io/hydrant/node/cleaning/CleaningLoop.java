package io.hydrant.node.cleaning;

import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.store.SegmentCleaner;
import io.hydrant.node.config.CleaningConfig;
import io.hydrant.node.pace.BytePace;
import io.hydrant.node.replication.FailStop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * The thread that cleans segments, one after the other. Its rate is a budget: half of it while
 * clients are served, more of it the less room there is, and none where ingest would be refused
 * otherwise. The lowest class but for that.
 */
public final class CleaningLoop implements AutoCloseable {
  /** Between two looks at the segments when there is nothing to do. */
  private static final Duration LOOK = Duration.ofMillis(200);

  private final SegmentCleaner cleaner;
  private final CleaningPolicy policy;
  private final BytePace pace;
  private final BooleanSupplier busy;
  private final FailStop failStop;
  private final Thread thread;
  private volatile boolean stopped;

  private CleaningLoop(
      SegmentCleaner cleaner, CleaningConfig config, BooleanSupplier busy, FailStop failStop) {
    this.cleaner = cleaner;
    this.policy = config.policy();
    this.pace = new BytePace(config.bytesPerSecond(), System.nanoTime());
    this.busy = busy;
    this.failStop = failStop;
    this.thread = Thread.ofPlatform().name("hydrant-clean").daemon().unstarted(this::run);
  }

  /**
   * @param busy whether clients are being served right now
   */
  public static CleaningLoop start(
      SegmentCleaner cleaner, CleaningConfig config, BooleanSupplier busy, FailStop failStop) {
    CleaningLoop loop = new CleaningLoop(cleaner, config, busy, failStop);
    loop.thread.start();
    return loop;
  }

  private void run() {
    try {
      while (!stopped) {
        SegmentCleaner.Step step = cleaner.step(policy);
        // What is read and what is written; the more urgent, the less it is paid for.
        long paid = (long) (2 * step.copiedBytes() * (1 - step.urgency()));
        long nanos = pace.waitNanos(paid, busy.getAsBoolean(), System.nanoTime());
        if (!step.wanted()) {
          nanos = Math.max(nanos, LOOK.toNanos());
        }
        pause(nanos);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | UncheckedIOException e) {
      if (!stopped) {
        failStop.stop("cleaning a segment failed", e);
      }
    } catch (RuntimeException | Error e) {
      if (!stopped) {
        failStop.stop("cleaning failed by a defect", e);
      }
    }
  }

  /** Until the next step, or until this is closed. */
  private synchronized void pause(long nanos) throws InterruptedException {
    long end = System.nanoTime() + nanos;
    long left = nanos;
    while (!stopped && left > 0) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = end - System.nanoTime();
    }
  }

  private synchronized void stop() {
    stopped = true;
    notifyAll();
  }

  /**
   * Ends the thread; a step that runs is waited for. It is not interrupted: that would close the
   * file that it reads for everybody.
   */
  @Override
  public void close() {
    stop();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
