package io.hydrant.client;

import io.grpc.ManagedChannel;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the parts of one client share: two connections, a timer and the threads that complete
 * futures.
 *
 * <p>Callbacks of streams run on the connections' own network threads and are short; whatever runs
 * code of the library's user or waits is handed to {@link #callbacks}.
 */
final class Connections implements AutoCloseable {
  /** How long answers on their way may still arrive after {@link #close}. */
  private static final long SHUTDOWN_SECONDS_MAX = 2;

  private final ClientConfig config;
  private final ManagedChannel bulk;
  private final ManagedChannel demand;
  private final ScheduledThreadPoolExecutor timer;
  private final ExecutorService callbacks;
  private final AtomicBoolean closed = new AtomicBoolean();

  /**
   * @param bulk checkpoints, prefetch and unary calls; runs callbacks on its own threads
   * @param demand page faults only, so that they never wait behind bulk bytes in a socket
   */
  Connections(ClientConfig config, ManagedChannel bulk, ManagedChannel demand) {
    this.config = config;
    this.bulk = bulk;
    this.demand = demand;
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("hydrant-client-timer").factory());
    timer.setRemoveOnCancelPolicy(true);
    this.callbacks =
        Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("hydrant-client-callback-", 0).factory());
  }

  ClientConfig config() {
    return config;
  }

  ManagedChannel bulk() {
    return bulk;
  }

  ManagedChannel demand() {
    return demand;
  }

  ScheduledExecutorService timer() {
    return timer;
  }

  /**
   * Runs what may wait or run a user's code, off the network threads. After closing: at once, here.
   */
  void run(Runnable task) {
    try {
      callbacks.execute(task);
    } catch (RejectedExecutionException e) {
      task.run();
    }
  }

  ExecutorService callbacks() {
    return callbacks;
  }

  boolean isClosed() {
    return closed.get();
  }

  void requireOpen() {
    if (closed.get()) {
      throw new IllegalStateException("the client is closed");
    }
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    timer.shutdownNow();
    bulk.shutdown();
    demand.shutdown();
    boolean interrupted = false;
    try {
      bulk.awaitTermination(SHUTDOWN_SECONDS_MAX, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    bulk.shutdownNow();
    demand.shutdownNow();
    callbacks.shutdown();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
