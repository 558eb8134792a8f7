package io.hydrant.node.peer;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.engine.repair.RepairStep.Progress;
import io.hydrant.node.pace.YieldingPace;
import io.hydrant.node.replication.FailStop;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that fetch what this replica lacks: each makes one step after the other, waits until
 * its bytes are paid for, and looks again after a while where there is nothing to do. What to do is
 * decided by {@link RepairStep}; nothing is kept here, so a replica that starts anew goes on where
 * it was.
 */
final class RepairLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RepairLoop.class);

  /** Nothing is lacking: looking costs next to nothing. */
  private static final long IDLE_MILLIS = 200;

  /** Nobody can give what is lacking, or others are at it. */
  private static final long WAIT_MILLIS = 50;

  private static final long DISK_FULL_MILLIS = 5_000;

  /** Of a step under way, whose calls have ended: it may wait for the disk. */
  private static final long CLOSE_SECONDS = 10;

  private final RepairStep step;
  private final Parts parts;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<Thread> threads = new ArrayList<>();

  /**
   * @param busy what is urgent waits here
   * @param flush when nothing is lacking any more
   */
  record Parts(
      RepairSources sources,
      RepairMeter meter,
      YieldingPace pace,
      BooleanSupplier busy,
      Runnable flush,
      FailStop failStop) {}

  RepairLoop(RepairStep step, Parts parts) {
    this.step = step;
    this.parts = parts;
  }

  RepairLoop start(int count) {
    for (int i = 1; i <= count; i++) {
      threads.add(Thread.ofPlatform().name("hydrant-repair-" + i).daemon().start(this::run));
    }
    return this;
  }

  /** What no source gave when it was asked last. */
  List<RepairPlan.Task> stuck() {
    return step.stuck();
  }

  private void run() {
    try {
      while (!isClosed()) {
        pause(once());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException | Error e) {
      if (!isClosed()) {
        parts.failStop().stop("repairing what this replica lacks failed", e);
      }
    }
  }

  /** Makes a step; how long to wait before the next one. */
  private long once() throws IOException {
    parts.sources().connect();
    Progress progress;
    try {
      progress = step.step();
    } catch (DiskFullException e) {
      LOG.warn("no room for what this replica lacks: {}", e.getMessage());
      return TimeUnit.MILLISECONDS.toNanos(DISK_FULL_MILLIS);
    }
    parts.meter().stepped(progress);
    if (progress.outcome() == Outcome.DONE) {
      parts.flush().run();
    }
    long paid =
        parts
            .pace()
            .waitNanos(progress.fetchedBytes(), parts.busy().getAsBoolean(), System.nanoTime());
    return Math.max(
        paid,
        TimeUnit.MILLISECONDS.toNanos(
            switch (progress.outcome()) {
              case WORKED -> 0;
              case WAITS -> WAIT_MILLIS;
              case DONE -> IDLE_MILLIS;
            }));
  }

  private void pause(long nanos) throws InterruptedException {
    if (nanos > 0) {
      closed.await(nanos, TimeUnit.NANOSECONDS);
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  /** Ends the calls under way, and waits for the steps: they must not be interrupted. */
  @Override
  public void close() {
    closed.countDown();
    parts.sources().close();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    for (Thread thread : threads) {
      try {
        if (!thread.join(java.time.Duration.ofNanos(Math.max(1, deadline - System.nanoTime())))) {
          LOG.warn("{} does not end", thread.getName());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
