package io.hydrant.engine.store;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The one writer of everything that a flush makes durable: page maps, slim rows, usage, missing and
 * staged rows (PROTOCOL R14). Whoever changes them, or captures them, does so as one change here:
 * entries and snapshots on the apply thread, late completion and repair on threads of their own.
 * The catalog alone belongs to the apply thread; nobody else changes it, and within a change it
 * stands still.
 *
 * <p>It also says whether what is in memory is the state after whole changes. The catalog's
 * position advances before an entry's effects are performed, so a snapshot taken in between, or
 * after effects that failed, would make half an entry durable for ever (PROTOCOL R15). Safe from
 * any thread.
 *
 * <pre>
 * whole    a change begins -> partial   close -> closed, may be captured
 * partial  the change ends -> whole     close -> closed as soon as the change has ended
 * closed   a change: refused
 * </pre>
 */
final class StoreWriter {
  /** Longer than any change that the disk does not hold up for good. */
  private static final long CLOSE_SECONDS_MAX = 30;

  /**
   * Held for one change; never while waiting for a peer, and for a flush by an install alone. Fair:
   * whoever makes one change after the other lets entries in between.
   */
  private final ReentrantLock lock = new ReentrantLock(true);

  /** Whether the state is that after whole changes. Apart from the lock, as the next one is. */
  private boolean whole = true;

  private boolean closed;

  /** A change of the state, or a capture of it. */
  @FunctionalInterface
  interface Change<T> {
    T run() throws IOException;
  }

  /** A change that has no result. */
  @FunctionalInterface
  interface Step {
    void run() throws IOException;
  }

  /**
   * Runs a change alone. What it throws is final: the state stays partial.
   *
   * @throws IllegalStateException if the store is closed, a change failed before, or this is called
   *     within a change
   */
  <T> T change(Change<T> change) throws IOException {
    lock();
    try {
      begin();
      return run(change);
    } finally {
      lock.unlock();
    }
  }

  /**
   * As {@link #change}; empty, and nothing is done, if the store is closed, or a change failed
   * before.
   */
  <T> Optional<T> tryChange(Change<T> change) throws IOException {
    lock();
    try {
      return beginIfUsable() ? Optional.of(run(change)) : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #tryChange}. */
  void changeIfUsable(Step step) throws IOException {
    tryChange(() -> {
      step.run();
      return true;
    });
  }

  /** Work within a change that expects a change of its own would see half of the other. */
  private void lock() {
    if (lock.isHeldByCurrentThread()) {
      throw new IllegalStateException("a change within a change: its executor must not be direct");
    }
    lock.lock();
  }

  private <T> T run(Change<T> change) throws IOException {
    T result = change.run();
    end();
    return result;
  }

  private synchronized void begin() {
    if (closed) {
      throw new IllegalStateException("the store is closed");
    }
    if (!whole) {
      throw new IllegalStateException(
          "a change was made in part only: the store must be closed and opened again");
    }
    whole = false;
  }

  private synchronized boolean beginIfUsable() {
    boolean usable = whole && !closed;
    if (usable) {
      whole = false;
    }
    return usable;
  }

  private synchronized void end() {
    whole = true;
  }

  synchronized boolean isClosed() {
    return closed;
  }

  /**
   * Closes; returns whether the state is that after whole changes. No change begins any more, and
   * one that is under way is waited for, but for the caller's own. One that does not end counts as
   * one that failed.
   */
  boolean close() {
    synchronized (this) {
      closed = true;
    }
    if (!lock.isHeldByCurrentThread()) {
      awaitChange();
    }
    synchronized (this) {
      return whole;
    }
  }

  private void awaitChange() {
    try {
      if (lock.tryLock(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
        lock.unlock();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
