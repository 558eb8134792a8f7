package io.hydrant.node.ingest;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;

/**
 * Runs tasks one at a time in the order they came, on whichever thread of the pool is free: what a
 * stream's state needs instead of a lock that threads of the log would wait for.
 */
public final class Mailbox {
  private final Executor pool;
  private final Queue<Runnable> tasks = new ArrayDeque<>();
  private boolean running;

  public Mailbox(Executor pool) {
    this.pool = pool;
  }

  /**
   * From a thread of the pool: runs the task here unless another one is at work, who then does it.
   */
  public void runHere(Runnable task) {
    if (enqueue(task)) {
      drain();
    }
  }

  /**
   * From any thread: runs the task here, which must not wait for anything, unless another one is at
   * work, who then does it. What comes meanwhile is the pool's.
   */
  public void runHereOnly(Runnable task) {
    synchronized (tasks) {
      if (running) {
        tasks.add(task);
        return;
      }
      running = true;
    }
    try {
      task.run();
    } finally {
      boolean more;
      synchronized (tasks) {
        more = !tasks.isEmpty();
        running = more;
      }
      if (more) {
        leaveToPool();
      }
    }
  }

  /** From any thread: returns at once. */
  public void post(Runnable task) {
    if (enqueue(task)) {
      pool.execute(this::drain);
    }
  }

  /** From any thread: runs the task when all that waits in the pool by now has had its turn. */
  public void postBehindOthers(Runnable task) {
    pool.execute(() -> runHere(task));
  }

  /** Returns whether the caller has to see to the draining. */
  private boolean enqueue(Runnable task) {
    synchronized (tasks) {
      tasks.add(task);
      if (running) {
        return false;
      }
      running = true;
      return true;
    }
  }

  private void drain() {
    while (true) {
      Runnable task;
      synchronized (tasks) {
        task = tasks.poll();
        if (task == null) {
          running = false;
          return;
        }
      }
      boolean done = false;
      try {
        task.run();
        done = true;
      } finally {
        if (!done) {
          leaveToPool();
        }
      }
    }
  }

  private void leaveToPool() {
    pool.execute(this::drain);
  }
}
