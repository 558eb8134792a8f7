package io.hydrant.node.housekeeping;

import io.hydrant.node.replication.FailStop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The thread that does what is due from time to time. */
public final class HousekeepingLoop implements AutoCloseable {
  /** A tenth of the shortest time that anything here is about. */
  private static final Duration TICK = Duration.ofMillis(100);

  private final List<Runnable> steps;
  private final FailStop failStop;
  private final boolean interrupts;
  private final Thread thread;
  private final CountDownLatch stopped = new CountDownLatch(1);

  private HousekeepingLoop(
      String name, List<Runnable> steps, FailStop failStop, boolean interrupts) {
    this.steps = List.copyOf(steps);
    this.failStop = failStop;
    this.interrupts = interrupts;
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  /** Something that reads files. */
  public interface ReadingStep {
    void run() throws IOException;
  }

  /** Runs the steps, in order, at every tick. */
  public static HousekeepingLoop start(List<Runnable> steps, FailStop failStop) {
    return start("hydrant-housekeeping", steps, failStop);
  }

  /** As {@link #start(List, FailStop)}, on a thread of another name. */
  public static HousekeepingLoop start(String name, List<Runnable> steps, FailStop failStop) {
    return started(new HousekeepingLoop(name, steps, failStop, true));
  }

  /**
   * Its steps read files, which an interrupt would close for everybody: they are waited for at the
   * end, however long they take.
   */
  public static HousekeepingLoop startReading(String name, ReadingStep step, FailStop failStop) {
    Runnable whole =
        () -> {
          try {
            step.run();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        };
    return started(new HousekeepingLoop(name, List.of(whole), failStop, false));
  }

  private static HousekeepingLoop started(HousekeepingLoop loop) {
    loop.thread.start();
    return loop;
  }

  private void run() {
    try {
      while (!stopped.await(TICK.toMillis(), TimeUnit.MILLISECONDS)) {
        for (Runnable step : steps) {
          step.run();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException | Error e) {
      if (stopped.getCount() > 0) {
        failStop.stop("the thread " + thread.getName() + " failed", e);
      }
    }
  }

  /** Ends the thread; a step that runs is waited for. */
  @Override
  public void close() {
    stopped.countDown();
    if (interrupts) {
      thread.interrupt();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
