package io.hydrant.bench.failover;

import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;

/**
 * Restores an image again and again until it is closed, at a steady pace: a slice as one stream,
 * then a few single pages as faults would ask for them, each checked by the library.
 */
final class SteadyRestorer implements AutoCloseable {
  private static final int SLICE_PAGES = 2_048;
  private static final int FAULTS = 16;
  private static final long END_MILLIS_MAX = 60_000;

  private final StoreClient client;
  private final String name;
  private final long pages;
  private final PageChoice choice;
  private final long sliceMillis;
  private final List<String> failures = new ArrayList<>();
  private final Thread thread;
  private int restores;
  private long slowestNanos;
  private volatile boolean ended;

  /**
   * @param pages of the image
   * @param sliceMillis from the begin of one slice to that of the next
   */
  SteadyRestorer(StoreClient client, String name, long pages, long seed, long sliceMillis) {
    this.client = client;
    this.name = name;
    this.pages = pages;
    this.choice = new PageChoice(seed);
    this.sliceMillis = sliceMillis;
    this.thread = Thread.ofPlatform().name("restorer").start(this::run);
  }

  synchronized List<String> failures() {
    return List.copyOf(failures);
  }

  /** Restores that went from the first page to the last. */
  synchronized int restores() {
    return restores;
  }

  /** The longest that one slice, or one of its single pages, took. */
  synchronized long slowestNanos() {
    return slowestNanos;
  }

  private void run() {
    while (!ended) {
      try (RestoreSession session = client.openRestore(name);
          PageFetcher fetcher = session.fetcher()) {
        restore(session, fetcher);
      } catch (HydrantException | IOException | ExecutionException e) {
        synchronized (this) {
          failures.add(e.toString());
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void restore(RestoreSession session, PageFetcher fetcher)
      throws IOException, InterruptedException, ExecutionException {
    for (long first = 0; first < pages; first += SLICE_PAGES) {
      if (ended) {
        return;
      }
      long begin = System.nanoTime();
      PageRange slice =
          PageRange.newBuilder()
              .setFirstPage(first)
              .setPageCount(Math.min(SLICE_PAGES, pages - first))
              .build();
      slowest(StoreReads.prefetch(session, slice));
      List<long[]> faults =
          Arrays.stream(choice.any(FAULTS, pages)).mapToObj(page -> new long[] {page}).toList();
      long faulting = System.nanoTime();
      StoreReads.fetch(fetcher, faults, FAULTS, 1);
      slowest(System.nanoTime() - faulting);
      long left = sliceMillis - (System.nanoTime() - begin) / 1_000_000;
      if (left > 0) {
        Thread.sleep(left);
      }
    }
    synchronized (this) {
      restores++;
    }
  }

  private synchronized void slowest(long nanos) {
    slowestNanos = Math.max(slowestNanos, nanos);
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.join(END_MILLIS_MAX);
    if (thread.isAlive()) {
      thread.interrupt();
      throw new IllegalStateException("the restorer does not end");
    }
  }
}
