package io.hydrant.client;

import io.grpc.ManagedChannel;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What the parts of one client share: the connections to the servers, a timer and the threads that
 * complete futures.
 *
 * <p>Callbacks of streams run on the connections' own network threads and are short; whatever runs
 * code of the library's user or waits is handed to {@link #callbacks}.
 */
final class Connections implements AutoCloseable {
  private final ClientConfig config;
  private final Members members;
  private final LeaderProbe leaderProbe;
  private final ScheduledThreadPoolExecutor timer;
  private final ExecutorService callbacks;
  private final AtomicBoolean closed = new AtomicBoolean();

  /** To one server, over connections that are there. */
  Connections(ClientConfig config, ManagedChannel bulk, ManagedChannel demand) {
    this(
        config,
        new Members(config.endpoints(), _ -> false, server -> new Member(server, bulk, demand)));
  }

  Connections(ClientConfig config, Members members) {
    this.config = config;
    this.members = members;
    this.leaderProbe = new LeaderProbe(members);
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

  Members members() {
    return members;
  }

  LeaderProbe leaderProbe() {
    return leaderProbe;
  }

  /** Whether a member does not answer while another one does. */
  boolean isSilent(Member member) throws InterruptedException {
    Set<Member> heard = leaderProbe.whoAnswers();
    return !heard.isEmpty() && !heard.contains(member);
  }

  /** Learns the group's members and leader, in the background; it is no matter if that fails. */
  void learnMembers() {
    run(() -> {
      try {
        leaderProbe.whoAnswers();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    });
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
    members.close();
    callbacks.shutdown();
  }
}
