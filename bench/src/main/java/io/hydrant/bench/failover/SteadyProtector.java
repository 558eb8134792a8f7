package io.hydrant.bench.failover;

import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.store.SteadyStream;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.client.HydrantException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Commits checkpoints of a few random pages one after the other until it is closed, and remembers
 * what each page was last acknowledged with. A failure that reaches it is one that the library did
 * not hide.
 */
final class SteadyProtector implements AutoCloseable {
  private static final long END_MILLIS_MAX = 60_000;

  private final StoreClient client;
  private final String name;
  private final long imageBytes;
  private final PagePool pool;
  private final PageChoice choice;
  private final int pages;
  private final Acknowledgements acknowledgements = new Acknowledgements();
  private final List<String> failures = new ArrayList<>();

  /** By page of the image: the page of the pool that it was last acknowledged with. */
  private final int[] content;

  private final Thread thread;
  private StoreImage image;
  private volatile boolean ended;

  /**
   * @param image with a full checkpoint of the pool's pages from the first on
   * @param pages of a checkpoint
   */
  SteadyProtector(
      StoreClient client, String name, StoreImage image, PagePool pool, long seed, int pages) {
    this.client = client;
    this.name = name;
    this.image = image;
    this.imageBytes = image.pages() * PagePool.PAGE_BYTES;
    this.pool = pool;
    this.choice = new PageChoice(seed);
    this.pages = pages;
    this.content = new int[(int) image.pages()];
    for (int page = 0; page < content.length; page++) {
      content[page] = page;
    }
    this.thread = Thread.ofPlatform().name("protector").start(this::run);
  }

  Acknowledgements acknowledgements() {
    return acknowledgements;
  }

  /** What the library let through. */
  synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  private synchronized void failed(Throwable cause) {
    failures.add(cause.toString());
  }

  private void run() {
    @Nullable PageSet owed = null;
    while (!ended) {
      try (SteadyStream stream = new SteadyStream(image)) {
        while (!ended) {
          PageSet set = owed == null ? PageSet.scattered(pool, choice, pages, image.pages()) : owed;
          owed = set;
          stream.commit(set);
          acknowledgements.add(System.nanoTime());
          note(set);
          owed = null;
        }
      } catch (HydrantException | ExecutionException e) {
        // The same pages again on whatever is the head: committed twice or once, they are the same.
        failed(e);
        reopen();
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void reopen() {
    image.close();
    while (!ended) {
      try {
        image = client.open(name, imageBytes);
        return;
      } catch (HydrantException e) {
        failed(e);
      }
    }
  }

  private synchronized void note(PageSet set) {
    int first = set.content().position() / PagePool.PAGE_BYTES;
    for (int row = 0; row < set.size(); row++) {
      content[(int) set.pages()[row]] = first + row;
    }
  }

  /** After the end: which page of the pool each page of the image must show. */
  synchronized int[] content() {
    return content.clone();
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join(END_MILLIS_MAX);
    if (thread.isAlive()) {
      thread.interrupt();
      throw new IllegalStateException("the protector does not end");
    }
    image.close();
  }
}
