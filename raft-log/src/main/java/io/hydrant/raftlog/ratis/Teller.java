package io.hydrant.raftlog.ratis;

import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells others what Ratis tells under its own locks, who leads and what was refused, and how far
 * one may read, which the thread that applies would have to wait for.
 *
 * <p>When a leader steps down, Ratis (3.3.0, {@code LeaderStateImpl.stop}) fails all requests and
 * tells the state machine while it holds the lock that each submission takes as well: who then
 * submits from another thread, and is waited for, waits for the step-down, and that for him, and
 * this replica takes part in nothing any more. So nobody hears it there: one thread tells
 * everything, in order, and holds nothing.
 */
final class Teller implements Executor, AutoCloseable {
  private static final long CLOSE_SECONDS_MAX = 2;

  private final ExecutorService executor;
  private volatile @Nullable Thread thread;

  Teller(String name) {
    executor =
        Executors.newSingleThreadExecutor(task -> {
          Thread made = Thread.ofPlatform().name(name).daemon().unstarted(task);
          thread = made;
          return made;
        });
  }

  /** After the close, in the caller. */
  @Override
  public void execute(Runnable told) {
    try {
      executor.execute(told);
    } catch (RejectedExecutionException e) {
      told.run();
    }
  }

  /** Returns when all has been told, or after two seconds: a listener may hang. */
  @Override
  public void close() {
    executor.shutdown();
    if (Thread.currentThread() == thread) {
      return; // whoever is told just now closes the log
    }
    try {
      boolean unused = executor.awaitTermination(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
