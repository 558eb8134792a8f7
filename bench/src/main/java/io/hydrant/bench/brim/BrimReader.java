package io.hydrant.bench.brim;

import io.hydrant.bench.failover.ContentCheck;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.written.WrittenImage;
import io.hydrant.client.HydrantException;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Restores images in turn, whatever the disk has left, and compares them with what was written. */
final class BrimReader implements AutoCloseable {
  private static final long PAUSE_MILLIS = 200;
  private static final long END_MILLIS_MAX = 120_000;

  private final StoreClient client;
  private final List<WrittenImage> images;
  private final List<String> failures = new ArrayList<>();
  private final Thread thread;
  private int restores;
  private volatile boolean ended;

  /**
   * @param images that nobody deletes meanwhile
   */
  BrimReader(StoreClient client, List<WrittenImage> images) {
    this.client = client;
    this.images = List.copyOf(images);
    this.thread = Thread.ofPlatform().name("brim-reader").start(this::run);
  }

  private void run() {
    int turn = 0;
    while (!ended) {
      WrittenImage image = images.get(turn++ % images.size());
      try {
        if (image.newest() != 0) {
          Optional<String> wrong = wrong(client, image, image.newest());
          synchronized (this) {
            restores++;
            wrong.ifPresent(failures::add);
          }
        }
        Thread.sleep(PAUSE_MILLIS);
      } catch (HydrantException | IOException e) {
        if (!isRetired(e)) {
          synchronized (this) {
            failures.add(image.name() + ": " + e);
          }
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /** Of an image that keeps few, newer ones may have come before the session was opened. */
  private static boolean isRetired(Exception e) {
    return e instanceof RejectedException rejected && rejected.reason() == Reason.REASON_RETIRED;
  }

  /** Restores a checkpoint and says what is not as it was written. */
  static Optional<String> wrong(StoreClient client, WrittenImage image, long checkpoint)
      throws IOException {
    int[] content = image.shown(checkpoint).content();
    ContentCheck check = new ContentCheck(image.pool(), content);
    try (RestoreSession session = client.openRestore(image.name(), checkpoint)) {
      session.prefetch(List.of(PageRange.newBuilder().setPageCount(content.length).build()), check);
    }
    return check
        .wrong()
        .map(what -> "%s, checkpoint %d: %s".formatted(image.name(), checkpoint, what));
  }

  synchronized int restores() {
    return restores;
  }

  synchronized List<String> failures() {
    return List.copyOf(failures);
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
