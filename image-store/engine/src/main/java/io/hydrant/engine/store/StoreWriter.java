package io.hydrant.engine.store;

import java.io.IOException;
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
 * partial  the change ends -> whole     close -> closed, must not be captured; a change: refused
 * closed   a change: refused
 * </pre>
 */
final class StoreWriter {
  private enum State {
    WHOLE,
    PARTIAL,
    CLOSED
  }

  /** Held for one change; never while waiting for a peer, and for a flush by an install alone. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Apart from the lock, so that closing waits for no change. */
  private State state = State.WHOLE;

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
   * @throws IllegalStateException if the store is closed, or a change failed before
   */
  <T> T change(Change<T> change) throws IOException {
    lock.lock();
    try {
      begin();
      T result = change.run();
      end();
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** As {@link #change}; does nothing if the store is closed, or a change failed before. */
  void changeIfUsable(Step step) throws IOException {
    lock.lock();
    try {
      if (isUsable()) {
        begin();
        step.run();
        end();
      }
    } finally {
      lock.unlock();
    }
  }

  private synchronized boolean isUsable() {
    return state == State.WHOLE;
  }

  private synchronized void begin() {
    switch (state) {
      case WHOLE -> state = State.PARTIAL;
      case PARTIAL ->
          throw new IllegalStateException(
              "a change was made in part only: the store must be closed and opened again");
      case CLOSED -> throw new IllegalStateException("the store is closed");
    }
  }

  private synchronized void end() {
    if (state == State.PARTIAL) {
      state = State.WHOLE;
    }
  }

  synchronized boolean isClosed() {
    return state == State.CLOSED;
  }

  /**
   * Closes; returns whether the state is that after whole changes. Waits for nobody: a change that
   * is under way counts as one that failed.
   */
  synchronized boolean close() {
    boolean whole = state == State.WHOLE;
    state = State.CLOSED;
    return whole;
  }
}
