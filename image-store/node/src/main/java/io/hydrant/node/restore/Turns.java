package io.hydrant.node.restore;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Does one stream's work in turns on a pool that many streams share: after a bounded quantum the
 * rest goes behind what waits in the pool's queue, however busy the client keeps the stream (round
 * robin by bytes, as in M. Shreedhar and G. Varghese, "Efficient Fair Queuing using Deficit Round
 * Robin"). Work that is done before the quantum is spent runs on the thread that brings it, without
 * a hop.
 */
final class Turns {
  /** Of a turn: a few messages, so that a hop costs little and a thread is free in milliseconds. */
  static final long QUANTUM_BYTES = 4 << 20;

  /** Least cost of a piece: at most 64 small ones make a turn. */
  static final long PIECE_BYTES_MIN = QUANTUM_BYTES / 64;

  /** A piece's answer: there is nothing to do until the next {@link #wake}. */
  static final long NOTHING = -1;

  private final Executor pool;
  private final Work work;

  private boolean running;
  private boolean woken;

  /** Of the present turn; only the running thread's. */
  private long spentBytes;

  /** What a stream has to do. */
  @FunctionalInterface
  interface Work {
    /**
     * Does a small piece; one thread at a time.
     *
     * @return bytes that it moved, or {@link #NOTHING}
     */
    long piece();
  }

  /**
   * @param pool whose threads call {@link #wake}, too
   */
  Turns(Executor pool, Work work) {
    this.pool = pool;
    this.work = work;
  }

  /** There may be something to do. Does it here, unless another thread is at it. */
  void wake() {
    synchronized (this) {
      if (running) {
        woken = true;
        return;
      }
      running = true;
    }
    run();
  }

  private void run() {
    while (true) {
      if (spentBytes >= QUANTUM_BYTES) {
        spentBytes = 0;
        toTheTail();
        return;
      }
      long bytes = work.piece();
      if (bytes != NOTHING) {
        spentBytes += Math.max(bytes, PIECE_BYTES_MIN);
      } else if (!goesOn()) {
        return;
      }
    }
  }

  private synchronized boolean goesOn() {
    running = woken;
    woken = false;
    return running;
  }

  private void toTheTail() {
    try {
      pool.execute(this::run);
    } catch (RejectedExecutionException e) {
      // The server is closing: gRPC has ended the stream.
      synchronized (this) {
        running = false;
      }
    }
  }
}
