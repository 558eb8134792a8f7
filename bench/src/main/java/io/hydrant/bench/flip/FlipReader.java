package io.hydrant.bench.flip;

import io.grpc.ManagedChannel;
import io.hydrant.bench.failover.ContentCheck;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.written.WrittenImage;
import io.hydrant.client.HydrantException;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Restores all images again and again until it is closed, from the struck server alone, and through
 * the library from whichever member it likes; compares every byte with what was written.
 */
final class FlipReader implements AutoCloseable {
  /** A scrub makes way for readers: it has to get on between two rounds. */
  private static final long PAUSE_MILLIS = 1_000;

  private static final long END_MILLIS_MAX = 120_000;

  private final StoreClient client;
  private final ManagedChannel struck;
  private final List<WrittenImage> images;
  private final boolean alone;
  private final Thread thread;
  private long rounds;
  private long right;
  private long damaged;
  private final List<String> wrong = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private volatile boolean ended;

  /**
   * @param alone no other server has anything
   */
  FlipReader(StoreClient client, ManagedChannel struck, List<WrittenImage> images, boolean alone) {
    this.client = client;
    this.struck = struck;
    this.images = List.copyOf(images);
    this.alone = alone;
    this.thread = Thread.ofPlatform().name("flip-reader").start(this::run);
  }

  private void run() {
    while (!ended) {
      for (WrittenImage image : images) {
        try {
          restore(image);
        } catch (HydrantException | IOException e) {
          synchronized (this) {
            failures.add(image.name() + ": " + e);
          }
        } catch (InterruptedException e) {
          return;
        }
      }
      synchronized (this) {
        rounds++;
      }
      try {
        Thread.sleep(PAUSE_MILLIS);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void restore(WrittenImage image) throws IOException, InterruptedException {
    int[] content = image.shown(image.newest()).content();
    try (RestoreSession session = client.openRestore(image.name())) {
      LoneReader.Seen seen = LoneReader.read(struck, session, image, content);
      synchronized (this) {
        right += seen.right();
        damaged += seen.damaged().cardinality();
        seen.wrong().forEach(what -> wrong.add(image.name() + ": " + what));
      }
      if (!alone) {
        ContentCheck check = new ContentCheck(image.pool(), content);
        session.prefetch(
            List.of(PageRange.newBuilder().setPageCount(content.length).build()), check);
        synchronized (this) {
          check.wrong().ifPresent(what -> wrong.add(image.name() + ", from the group: " + what));
        }
      }
    }
  }

  /** Waits until what was begun before has been read at least once more. */
  void awaitRound() throws InterruptedException {
    long begun = rounds();
    while (rounds() < begun + 2 && thread.isAlive()) {
      Thread.sleep(PAUSE_MILLIS / 10);
    }
  }

  private synchronized long rounds() {
    return rounds;
  }

  synchronized Served served() {
    return new Served(rounds, right, damaged, wrong, failures);
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join(END_MILLIS_MAX);
    if (thread.isAlive()) {
      thread.interrupt();
      throw new IllegalStateException("the reader does not end");
    }
  }
}
