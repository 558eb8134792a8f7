package io.hydrant.bench.brim;

import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.written.WrittenImage;
import io.hydrant.client.HydrantException;
import io.hydrant.client.RejectedException;
import io.hydrant.v1.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Commits checkpoints of one image as fast as they are taken, and goes on trying while they are
 * not. Some are full ones: what was admitted with a little room left runs out of it on the way.
 */
final class BrimWriter implements AutoCloseable {
  private static final int FULL_EVERY = 8;
  private static final long PAUSE_MILLIS = 50;
  private static final long END_MILLIS_MAX = 120_000;

  private final StoreClient client;
  private final WrittenImage image;
  private final int incrementPages;
  private final Refusals refusals;
  private final PageChoice choice;
  private final List<String> failures = new ArrayList<>();
  private final Thread thread;
  private StoreImage store;
  private int attempts;
  private long acknowledgedNanos;
  private boolean refused;
  private volatile boolean ended;

  /**
   * @param store with no checkpoint yet
   * @param refusals are added to
   */
  BrimWriter(
      StoreClient client,
      StoreImage store,
      WrittenImage image,
      int incrementPages,
      Refusals refusals,
      long seed) {
    this.client = client;
    this.store = store;
    this.image = image;
    this.incrementPages = incrementPages;
    this.refusals = refusals;
    this.choice = new PageChoice(seed);
    this.thread = Thread.ofPlatform().name("brim-writer").start(this::run);
  }

  WrittenImage image() {
    return image;
  }

  /** {@link System#nanoTime} of the last acknowledgement; 0: none yet. */
  synchronized long acknowledgedNanos() {
    return acknowledgedNanos;
  }

  /** The last checkpoint was refused for lack of space. */
  synchronized boolean isRefused() {
    return refused;
  }

  /** What should not have happened. */
  synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  private void run() {
    // Null: a full one.
    @Nullable PageSet set = null;
    try {
      while (!ended) {
        set = next();
        try {
          write(set);
        } catch (HydrantException e) {
          failed(e, set);
        } catch (ExecutionException e) {
          failed(e.getCause() instanceof HydrantException cause ? cause : e, set);
        }
      }
    } catch (InterruptedException e) {
      return;
    }
  }

  private @Nullable PageSet next() {
    boolean full = image.newest() == 0 || attempts % FULL_EVERY == 0;
    attempts++;
    return full ? null : PageSet.scattered(image.pool(), choice, incrementPages, store.pages());
  }

  private void write(@Nullable PageSet set) throws InterruptedException, ExecutionException {
    if (set == null) {
      store.writeFull(image.pool());
    } else {
      store.writeIncremental(set);
    }
    note(store.head(), set);
    synchronized (this) {
      acknowledgedNanos = System.nanoTime();
      refused = false;
    }
  }

  private void note(long checkpoint, @Nullable PageSet set) {
    if (set == null) {
      image.full(checkpoint);
    } else {
      image.increment(checkpoint, set);
    }
  }

  private void failed(Exception failure, @Nullable PageSet set) throws InterruptedException {
    if (failure instanceof RejectedException rejected) {
      refusals.add(rejected.reason(), String.valueOf(rejected.getMessage()));
      if (rejected.reason() == Reason.REASON_DISK_FULL) {
        synchronized (this) {
          refused = true;
        }
        Thread.sleep(PAUSE_MILLIS);
        return;
      }
    } else {
      synchronized (this) {
        failures.add(image.name() + ": " + failure);
      }
    }
    reopen(set);
  }

  /** What had no answer is committed if it is the head by now. */
  private void reopen(@Nullable PageSet unanswered) throws InterruptedException {
    store.close();
    while (!ended) {
      Thread.sleep(PAUSE_MILLIS);
      try {
        store = client.open(image.name(), image.bytes());
        if (store.head() != image.newest()) {
          note(store.head(), unanswered);
        }
        return;
      } catch (HydrantException e) {
        synchronized (this) {
          failures.add(image.name() + ": " + e);
        }
      }
    }
  }

  /** Ends with the checkpoint in flight; the image stays. */
  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join(END_MILLIS_MAX);
    if (thread.isAlive()) {
      thread.interrupt();
      throw new IllegalStateException("the writer of %s does not end".formatted(image.name()));
    }
    store.close();
  }
}
