package io.hydrant.node.cleaning;

import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.store.Consolidator;
import io.hydrant.engine.store.ImageStore;
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
 * The thread that cleans segments, one after the other, and, when there is nothing to clean and
 * nobody is served, writes tracts anew that are read in many pieces. Its rate is a budget: half of
 * it while clients are served, more of it the less room there is, and none where ingest would be
 * refused otherwise. The lowest class but for that.
 */
public final class CleaningLoop implements AutoCloseable {
  /** Between two looks at the segments when there is nothing to do. */
  private static final Duration LOOK = Duration.ofMillis(200);

  private final SegmentCleaner cleaner;
  private final Consolidator consolidator;
  private final CleaningPolicy policy;
  private final BytePace pace;
  private final BooleanSupplier busy;
  private final FailStop failStop;
  private final Thread thread;
  private volatile boolean stopped;

  private CleaningLoop(
      SegmentCleaner cleaner,
      Consolidator consolidator,
      CleaningConfig config,
      BooleanSupplier busy,
      FailStop failStop) {
    this.cleaner = cleaner;
    this.consolidator = consolidator;
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
      ImageStore store, CleaningConfig config, BooleanSupplier busy, FailStop failStop) {
    CleaningLoop loop =
        new CleaningLoop(store.cleaner(), store.consolidator(), config, busy, failStop);
    loop.thread.start();
    return loop;
  }

  private void run() {
    try {
      while (!stopped) {
        SegmentCleaner.Step step = cleaner.step(policy, this::copied);
        if (!step.wanted() && !consolidated()) {
          pause(LOOK.toNanos());
        }
      }
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

  /** Never while clients are served: what it gains comes later. */
  private boolean consolidated() throws IOException {
    return !busy.getAsBoolean() && consolidator.step(policy, this::copied);
  }

  /** What is read and what is written; the more urgent, the less it is paid for. */
  private void copied(long bytes, double urgency) {
    long paid = (long) (2 * bytes * (1 - urgency));
    pause(pace.waitNanos(paid, busy.getAsBoolean(), System.nanoTime()));
  }

  /** For so long, or until this is closed; an interrupt closes it, too. */
  private synchronized void pause(long nanos) {
    long end = System.nanoTime() + nanos;
    long left = nanos;
    try {
      while (!stopped && left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = end - System.nanoTime();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      stopped = true;
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
