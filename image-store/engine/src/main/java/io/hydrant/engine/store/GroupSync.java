package io.hydrant.engine.store;

import io.hydrant.engine.segment.SegmentLog;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Group fsync: whoever needs bytes durable says up to where; one sync serves all that came while
 * the one before was under way. A sync that failed fails everybody, then and later (PROTOCOL R13).
 */
final class GroupSync {
  private final SegmentLog log;
  private final Executor executor;
  private final StoreEvents events;

  private final Object lock = new Object();
  private final PriorityQueue<Waiter> waiters =
      new PriorityQueue<>(Comparator.comparing(Waiter::end, Long::compareUnsigned));
  private boolean running;

  GroupSync(SegmentLog log, Executor executor, StoreEvents events) {
    this.log = log;
    this.executor = executor;
    this.events = events;
  }

  /** Completes, on the syncing thread, when everything before {@code end} is durable. */
  CompletableFuture<Void> through(long end) {
    if (isDurable(end)) {
      return CompletableFuture.completedFuture(null);
    }
    CompletableFuture<Void> done = new CompletableFuture<>();
    boolean start;
    synchronized (lock) {
      waiters.add(new Waiter(end, done));
      start = !running;
      running = true;
    }
    if (start) {
      executor.execute(this::run);
    }
    return done;
  }

  private boolean isDurable(long end) {
    return Long.compareUnsigned(log.durable(), end) >= 0;
  }

  private void run() {
    while (true) {
      long before = log.durable();
      long began = System.nanoTime();
      try {
        log.sync();
      } catch (Throwable e) {
        // Whatever it is, nobody must wait for ever.
        fail(e);
        if (e instanceof Error error) {
          throw error;
        }
        return;
      }
      events.on(
          new StoreEvent.Synced(
              log.config().bytesBetween(before, log.durable()), System.nanoTime() - began));
      if (completeDurable()) {
        return;
      }
    }
  }

  /** Returns whether nobody waits any more. */
  private boolean completeDurable() {
    List<CompletableFuture<Void>> ready = new ArrayList<>();
    boolean idle;
    synchronized (lock) {
      while (!waiters.isEmpty() && isDurable(waiters.peek().end())) {
        ready.add(waiters.remove().done());
      }
      idle = waiters.isEmpty();
      if (idle) {
        running = false;
      }
    }
    ready.forEach(done -> done.complete(null));
    return idle;
  }

  /** A log that failed once refuses every later sync, so later waiters fail likewise. */
  private void fail(Throwable cause) {
    List<Waiter> all;
    synchronized (lock) {
      all = new ArrayList<>(waiters);
      waiters.clear();
      running = false;
    }
    events.on(new StoreEvent.Fault(cause));
    all.forEach(waiter -> waiter.done().completeExceptionally(cause));
  }

  private record Waiter(long end, CompletableFuture<Void> done) {}
}
