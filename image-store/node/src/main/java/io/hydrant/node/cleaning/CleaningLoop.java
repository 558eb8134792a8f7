package io.hydrant.node.cleaning;

import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.store.Consolidator;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.SegmentCleaner;
import io.hydrant.node.config.CleaningConfig;
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

  /** Nobody was served for so many looks: not only between two requests. */
  private static final int QUIET_LOOKS = 5;

  private final SegmentCleaner cleaner;
  private final Consolidator consolidator;
  private final CleaningPolicy policy;
  private final CleaningThrottle throttle;
  private final BooleanSupplier busy;
  private final FailStop failStop;
  private final Thread thread;
  private int quietLooks;
  private volatile boolean stopped;

  private CleaningLoop(
      ImageStore store, CleaningConfig config, BooleanSupplier busy, FailStop failStop) {
    this.cleaner = store.cleaner();
    this.consolidator = store.consolidator();
    this.policy = config.policy();
    this.throttle =
        new CleaningThrottle(config.bytesPerSecond(), busy, this::pause, System::nanoTime);
    this.busy = busy;
    this.failStop = failStop;
    this.thread = Thread.ofPlatform().name("hydrant-clean").daemon().unstarted(this::run);
  }

  /**
   * @param busy whether clients are being served right now
   */
  public static CleaningLoop start(
      ImageStore store, CleaningConfig config, BooleanSupplier busy, FailStop failStop) {
    CleaningLoop loop = new CleaningLoop(store, config, busy, failStop);
    loop.thread.start();
    return loop;
  }

  private void run() {
    try {
      while (!stopped) {
        SegmentCleaner.Step step = cleaner.step(policy, throttle);
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
    quietLooks = busy.getAsBoolean() ? 0 : quietLooks + 1;
    return quietLooks > QUIET_LOOKS && consolidator.step(policy, throttle);
  }

  /**
   * For so long, or until this is closed; returns whether to go on. An interrupt closes it, too:
   * the flag is not kept, since it would close the file that is being read for everybody.
   */
  private synchronized boolean pause(long nanos) {
    long end = System.nanoTime() + nanos;
    long left = nanos;
    try {
      while (!stopped && left > 0) {
        TimeUnit.NANOSECONDS.timedWait(this, left);
        left = end - System.nanoTime();
      }
    } catch (InterruptedException _) {
      stopped = true;
    }
    return !stopped;
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
