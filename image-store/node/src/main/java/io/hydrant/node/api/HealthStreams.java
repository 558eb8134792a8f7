package io.hydrant.node.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.hydrant.v1.Health;
import io.hydrant.v1.Reason;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * Tells those who watch how the group does: at once, and then whenever that changes, at most once a
 * second. Who reads too slowly gets the newest state when there is room again. Safe for use by many
 * threads.
 */
public final class HealthStreams implements AutoCloseable {
  /** Operators and their tools. */
  static final int WATCHERS_MAX = 64;

  private static final long EVERY_NANOS = Duration.ofSeconds(1).toNanos();

  private final Supplier<Health> health;
  private final LongSupplier nanoTime;

  /** With what each was told last. Guarded by this. */
  private final Map<ServerCallStreamObserver<Health>, Health> watchers = new ConcurrentHashMap<>();

  private long steppedNanos;
  private boolean closed;

  public HealthStreams(Supplier<Health> health, LongSupplier nanoTime) {
    this.health = health;
    this.nanoTime = nanoTime;
    this.steppedNanos = nanoTime.getAsLong();
  }

  /** One more watches, until it or this server ends. */
  synchronized void add(ServerCallStreamObserver<Health> watcher) {
    if (closed || watchers.size() >= WATCHERS_MAX) {
      watcher.onError(
          closed
              ? ApiErrors.status(Reason.REASON_SHUTTING_DOWN, "this server stops")
              : ApiErrors.status(
                  Reason.REASON_OVERLOADED,
                  "%d already watch this server's health".formatted(WATCHERS_MAX)));
      return;
    }
    watcher.setOnCancelHandler(() -> remove(watcher));
    Health now = health.get();
    watcher.onNext(now);
    watchers.put(watcher, now);
  }

  private synchronized void remove(ServerCallStreamObserver<Health> watcher) {
    watchers.remove(watcher);
  }

  /** Tells what has changed; one thread, several times a second. */
  public synchronized void step() {
    long now = nanoTime.getAsLong();
    if (watchers.isEmpty() || now - steppedNanos < EVERY_NANOS) {
      return;
    }
    steppedNanos = now;
    Health current = health.get();
    watchers.replaceAll((watcher, told) -> {
      if (current.equals(told) || !watcher.isReady()) {
        return told;
      }
      watcher.onNext(current);
      return current;
    });
  }

  int size() {
    return watchers.size();
  }

  /** Ends all streams. */
  @Override
  public synchronized void close() {
    closed = true;
    watchers.keySet().forEach(ServerCallStreamObserver::onCompleted);
    watchers.clear();
  }
}
