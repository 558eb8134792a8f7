package io.hydrant.node.replication;

import io.hydrant.engine.catalog.MalformedCatalogException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Peer;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings another replica's state here and switches to it, as often as it takes: a source that
 * breaks off, sends nonsense or is behind itself, and a disk without room, are tried again. Only
 * the end of this replica ends it without a result.
 *
 * <pre>
 * 1 fetch       nothing has changed
 * 2 decode      nothing has changed: what is no catalog is fetched again
 * 3 switch      one durable flush, alone with the store (ImageStore.install)
 * 4 complete    the log drops what the state covers, and goes on behind it
 * </pre>
 */
final class StateInstall implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateInstall.class);
  private static final Duration PAUSE_MIN = Duration.ofMillis(100);
  private static final Duration PAUSE_MAX = Duration.ofSeconds(2);

  /** Longer than a flush takes on a slow disk. */
  private static final Duration CLOSE_MAX = Duration.ofSeconds(30);

  private final ReplicatedStore store;
  private final MetadataSource source;
  private final FailStop failStop;
  private final CountDownLatch closed = new CountDownLatch(1);
  private Optional<Thread> running = Optional.empty();

  StateInstall(ReplicatedStore store, MetadataSource source, FailStop failStop) {
    this.store = store;
    this.source = source;
    this.failStop = failStop;
  }

  /** Begins at once, on a thread of its own; one at a time. */
  synchronized CompletableFuture<LogPosition> begin(LogPosition firstAvailable, Peer leader) {
    CompletableFuture<LogPosition> installed = new CompletableFuture<>();
    if (isClosed()) {
      installed.completeExceptionally(stopped());
      return installed;
    }
    Thread thread =
        Thread.ofPlatform()
            .name("hydrant-install")
            .daemon()
            .unstarted(() -> run(firstAvailable, leader, installed));
    running = Optional.of(thread);
    thread.start();
    return installed;
  }

  private void run(
      LogPosition firstAvailable, Peer leader, CompletableFuture<LogPosition> installed) {
    try {
      EntryPosition position = untilItIsHere(firstAvailable, leader);
      LOG.info(
          "the state of another replica is installed, at entry {}: its pages are compared and fetched from here on",
          position.index());
      installed.complete(new LogPosition(position.term(), position.index()));
    } catch (CancellationException e) {
      installed.completeExceptionally(e);
    } catch (IOException | RuntimeException | Error e) {
      // What was switched in part must not be applied to, nor written (PROTOCOL R13).
      failStop.stop("installing another replica's state failed", e);
      installed.completeExceptionally(e);
    }
  }

  private EntryPosition untilItIsHere(LogPosition firstAvailable, Peer leader) throws IOException {
    Duration pause = PAUSE_MIN;
    while (!isClosed()) {
      long atLeast = Math.max(firstAvailable.index(), store.applied().index());
      Optional<byte[]> catalog = fetched(atLeast, leader);
      if (catalog.isPresent()) {
        Optional<EntryPosition> position = switched(catalog.get());
        if (position.isPresent()) {
          return position.get();
        }
      }
      pause(pause);
      pause = pause.multipliedBy(2).compareTo(PAUSE_MAX) < 0 ? pause.multipliedBy(2) : PAUSE_MAX;
    }
    throw stopped();
  }

  private Optional<byte[]> fetched(long atLeast, Peer leader) {
    try {
      return Optional.of(source.fetch(atLeast, leader));
    } catch (IOException e) {
      if (!isClosed()) {
        LOG.warn("the state of another replica could not be fetched; trying again: {}", text(e));
      }
      return Optional.empty();
    }
  }

  private Optional<EntryPosition> switched(byte[] catalog) throws IOException {
    try {
      return Optional.of(store.install(catalog));
    } catch (MalformedCatalogException | DiskFullException e) {
      LOG.warn("the state of another replica could not be installed; trying again: {}", text(e));
      return Optional.empty();
    }
  }

  private static String text(Exception e) {
    return String.valueOf(e.getMessage());
  }

  private void pause(Duration pause) {
    try {
      closed.await(pause.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw stopped();
    }
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private static CancellationException stopped() {
    return new CancellationException("this replica stops");
  }

  /** Waits for a switch that is under way: it must not be interrupted. */
  @Override
  public void close() throws InterruptedException {
    Optional<Thread> last;
    synchronized (this) {
      closed.countDown();
      last = running;
    }
    source.close();
    if (last.isPresent() && !last.get().join(CLOSE_MAX)) {
      LOG.warn("the install of another replica's state does not end");
    }
  }
}
