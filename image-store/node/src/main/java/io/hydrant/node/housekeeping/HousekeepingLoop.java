package io.hydrant.node.housekeeping;

import io.hydrant.node.replication.FailStop;
import java.time.Duration;
import java.util.List;

/** The thread that does what is due from time to time. */
public final class HousekeepingLoop implements AutoCloseable {
  /** A tenth of the shortest time that anything here is about. */
  private static final Duration TICK = Duration.ofMillis(100);

  private final List<Runnable> steps;
  private final FailStop failStop;
  private final Thread thread;
  private volatile boolean stopped;

  private HousekeepingLoop(String name, List<Runnable> steps, FailStop failStop) {
    this.steps = List.copyOf(steps);
    this.failStop = failStop;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  /** Runs the steps, in order, at every tick. */
  public static HousekeepingLoop start(List<Runnable> steps, FailStop failStop) {
    return start("hydrant-housekeeping", steps, failStop);
  }

  /** As {@link #start(List, FailStop)}, on a thread of another name. */
  public static HousekeepingLoop start(String name, List<Runnable> steps, FailStop failStop) {
    HousekeepingLoop loop = new HousekeepingLoop(name, steps, failStop);
    loop.thread.start();
    return loop;
  }

  private void run() {
    try {
      while (!stopped) {
        Thread.sleep(TICK);
        for (Runnable step : steps) {
          step.run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      if (!stopped) {
        failStop.stop("housekeeping failed by a defect", e);
      }
    }
  }

  /** Ends the thread; a step that runs is waited for. */
  @Override
  public void close() {
    stopped = true;
    thread.interrupt();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
