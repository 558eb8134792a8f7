package io.hydrant.pager;

import io.hydrant.client.FetchedPage;
import io.hydrant.client.FetchedPages;
import io.hydrant.client.PageFetcher;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.ReadClass;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for the pages around a fault, right behind it: the server has answered the fault by then,
 * and so no stream has to be opened. What fails is not asked again: it was only a guess.
 */
final class Neighbours {
  private static final Logger LOG = LoggerFactory.getLogger(Neighbours.class);

  /** Windows on their way; of a machine that faults faster they would only be in the way. */
  private static final int WINDOWS_MAX = 8;

  private final PageFetcher fetcher;
  private final PageArrivals arrivals;
  private final ReadAround readAround;
  private final boolean wanted;
  private final AtomicInteger onTheirWay = new AtomicInteger();

  Neighbours(PageFetcher fetcher, PageArrivals arrivals, PagerOptions options) {
    this.fetcher = fetcher;
    this.arrivals = arrivals;
    this.readAround = new ReadAround(options.readAroundLeast(), options.readAroundMost());
    this.wanted = options.readAroundMost() > 1;
  }

  /** A fault on this page was sent. */
  void of(int region, long page) {
    if (!wanted) {
      return;
    }
    ReadAround.Window window;
    synchronized (readAround) {
      window = readAround.around(region, page, arrivals.residency().pages(region));
    }
    long[] pages = absent(window, page);
    if (pages.length == 0) {
      return;
    }
    if (onTheirWay.incrementAndGet() > WINDOWS_MAX) {
      onTheirWay.decrementAndGet();
      return;
    }
    CompletableFuture<FetchedPages> asked = null;
    try {
      asked = fetcher.fetchIfRoom(ReadClass.READ_CLASS_PREFETCH, region, pages);
    } catch (RuntimeException e) {
      // With the fault itself nothing is wrong.
      LOG.debug("neighbours of a fault are not asked for", e);
    }
    if (asked == null) {
      onTheirWay.decrementAndGet();
    } else {
      asked.whenComplete(this::arrived);
    }
  }

  private long[] absent(ReadAround.Window window, long but) {
    List<PageRange> runs = new ArrayList<>();
    Pages.runs(
        Pages.range(window.region(), window.first(), window.pages()),
        page -> page != but && arrivals.residency().isAbsent(window.region(), page),
        runs);
    int most =
        Math.min(
            PageFetcher.PAGES_MAX,
            PageFetcher.CONTENT_BYTES_MAX / arrivals.pageBytes(window.region()));
    return runs.stream()
        .flatMapToLong(
            run -> LongStream.range(run.getFirstPage(), run.getFirstPage() + run.getPageCount()))
        .limit(most)
        .toArray();
  }

  private void arrived(@Nullable FetchedPages pages, @Nullable Throwable failure) {
    onTheirWay.decrementAndGet();
    if (pages == null) {
      LOG.debug("neighbours of a fault did not come", failure);
      return;
    }
    try {
      for (int row = 0; row < pages.size(); row++) {
        switch (pages.get(row)) {
          case FetchedPage.Found found ->
              arrivals.put(PageArrivals.Why.AHEAD, pages.region(), found.page(), found.content());
          case FetchedPage.Zero zero -> arrivals.putZero(pages.region(), zero.page(), 1);
          case FetchedPage.NotKept none -> arrivals.putZero(pages.region(), none.page(), 1);
        }
      }
    } catch (IOException e) {
      LOG.warn("pages could not be put there: {}", e.getMessage());
    }
  }
}
