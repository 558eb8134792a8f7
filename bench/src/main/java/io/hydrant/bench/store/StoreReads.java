package io.hydrant.bench.store;

import io.hydrant.bench.data.PagePool;
import io.hydrant.client.FetchedPages;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PageSink;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Reads whose pages the client library has checked before they count. */
public final class StoreReads {
  private StoreReads() {}

  /** Reads a range as one stream; nanoseconds. Fails unless every page of it has content. */
  public static long prefetch(RestoreSession session, PageRange range) throws IOException {
    CountingSink sink = new CountingSink();
    long begin = System.nanoTime();
    session.prefetch(List.of(range), PrefetchOptions.DEFAULT, sink);
    long elapsed = System.nanoTime() - begin;
    if (sink.contentBytes != range.getPageCount() * PagePool.PAGE_BYTES || sink.emptyPages != 0) {
      throw new IllegalStateException(
          "prefetch gave %d bytes and %d empty pages for %d pages"
              .formatted(sink.contentBytes, sink.emptyPages, range.getPageCount()));
    }
    return elapsed;
  }

  /**
   * Fetches in turn until {@code count} requests are answered, {@code inFlight} at a time, the next
   * one as soon as an answer was checked; nanoseconds.
   */
  public static long fetch(PageFetcher fetcher, List<long[]> requests, int count, int inFlight)
      throws InterruptedException, ExecutionException {
    Window window = new Window(fetcher, requests, count);
    long begin = System.nanoTime();
    for (int i = 0; i < Math.min(inFlight, count); i++) {
      window.next();
    }
    window.end.get();
    return System.nanoTime() - begin;
  }

  private static final class Window {
    private final PageFetcher fetcher;
    private final List<long[]> requests;
    private final int count;
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();
    private final CompletableFuture<@Nullable Void> end = new CompletableFuture<>();

    Window(PageFetcher fetcher, List<long[]> requests, int count) {
      this.fetcher = fetcher;
      this.requests = requests;
      this.count = count;
    }

    void next() {
      int number = sent.getAndIncrement();
      if (number < count) {
        var _ = fetcher.fetch(0, requests.get(number % requests.size())).whenComplete(this::answer);
      }
    }

    private void answer(@Nullable FetchedPages pages, @Nullable Throwable failure) {
      if (pages == null) {
        end.completeExceptionally(
            failure == null ? new IllegalStateException("neither pages nor failure") : failure);
      } else if (answered.incrementAndGet() == count) {
        end.complete(null);
      } else {
        next();
      }
    }
  }

  private static final class CountingSink implements PageSink {
    private long contentBytes;
    private long emptyPages;

    @Override
    public void found(int region, long firstPage, ByteBuffer content) {
      contentBytes += content.remaining();
    }

    @Override
    public void zero(int region, long firstPage, long pageCount) {
      emptyPages += pageCount;
    }

    @Override
    public void notKept(int region, long firstPage, long pageCount) {
      emptyPages += pageCount;
    }
  }
}
