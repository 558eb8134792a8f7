package io.hydrant.raftlog.ratis;

import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** One thread that looks at deadlines now and then. */
final class DeadlineTicker {
  /** How late a deadline may be noticed: they are in seconds. */
  private static final long PERIOD_MILLIS = 250;

  private final ScheduledExecutorService thread;
  private final Runnable look;

  DeadlineTicker(String name, Runnable look) {
    this.look = look;
    this.thread =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(name).daemon().factory());
  }

  void start() {
    var unused =
        thread.scheduleWithFixedDelay(look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  void close() {
    thread.shutdownNow();
  }
}
