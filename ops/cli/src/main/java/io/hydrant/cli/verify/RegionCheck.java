package io.hydrant.cli.verify;

import io.hydrant.client.DamagedPageException;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PageSink;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Reads one region of a checkpoint, page by page in order. Damage ends a stream of pages, so what
 * is left of the tract it is in is fetched page by page, and the stream goes on behind it: every
 * damaged page gets named.
 */
public final class RegionCheck implements PageSink {
  /** Enough to see the extent; a wholly lost segment must not fill memory or screen. */
  private static final int DAMAGED_MAX = 1000;

  private static final PrefetchOptions OPTIONS =
      new PrefetchOptions(ReadClass.READ_CLASS_BACKGROUND, PrefetchOptions.EmptyPages.REPORT);

  private final RestoreSession session;
  private final int region;
  private final Region spec;
  private final LongConsumer progress;
  private final MessageDigest sha256;
  private final List<DamagedPage> damaged = new ArrayList<>();
  private final byte[] zeros;
  private long nextPage;
  private long found;

  /** A page that failed its check, and in whose words. */
  public record DamagedPage(long page, String problem) {}

  /**
   * What a region is like.
   *
   * @param contentPages with content that passed its check
   * @param emptyPages zero or not kept
   * @param sha256 of all bytes; means nothing if pages are damaged
   */
  public record Result(
      long contentPages, long emptyPages, List<DamagedPage> damaged, String sha256) {}

  /**
   * @param progress takes bytes of the region that were checked
   */
  public RegionCheck(RestoreSession session, int region, LongConsumer progress) {
    this.session = session;
    this.region = region;
    this.spec = session.regions().get(region);
    this.progress = progress;
    this.zeros = new byte[spec.getPageBytes()];
    try {
      this.sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  /** Reads everything. */
  public Result run() throws IOException {
    long pages = Regions.pages(spec);
    while (nextPage < pages && damaged.size() < DAMAGED_MAX) {
      PageRange rest =
          PageRange.newBuilder()
              .setRegion(region)
              .setFirstPage(nextPage)
              .setPageCount(pages - nextPage)
              .build();
      try {
        session.prefetch(List.of(rest), OPTIONS, this);
      } catch (DamagedPageException e) {
        restOfTract();
      }
    }
    return new Result(
        found,
        nextPage - found - damaged.size(),
        List.copyOf(damaged),
        HexFormat.of().formatHex(sha256.digest()));
  }

  private void restOfTract() {
    int pagesPerTract = Regions.pagesPerTract(spec);
    long end = Math.min(Regions.pages(spec), (nextPage / pagesPerTract + 1) * pagesPerTract);
    ByteBuffer page = ByteBuffer.allocate(spec.getPageBytes());
    try (PageFetcher fetcher = session.fetcher()) {
      while (nextPage < end && damaged.size() < DAMAGED_MAX) {
        try {
          switch (fetcher.fetchInto(region, nextPage, page.clear())) {
            case FOUND -> found++;
            case ZERO, NOT_KEPT -> {}
          }
          sha256.update(page.array());
        } catch (DamagedPageException e) {
          damaged.add(new DamagedPage(nextPage, String.valueOf(e.getMessage())));
        }
        nextPage++;
        progress.accept(spec.getPageBytes());
      }
    }
  }

  @Override
  public void found(int region, long firstPage, ByteBuffer content) {
    int bytes = content.remaining();
    requireNext(firstPage);
    sha256.update(content);
    found += bytes / spec.getPageBytes();
    nextPage += bytes / spec.getPageBytes();
    progress.accept(bytes);
  }

  @Override
  public void zero(int region, long firstPage, long pageCount) {
    empty(firstPage, pageCount);
  }

  @Override
  public void notKept(int region, long firstPage, long pageCount) {
    empty(firstPage, pageCount);
  }

  private void empty(long firstPage, long pageCount) {
    requireNext(firstPage);
    for (long page = 0; page < pageCount; page++) {
      sha256.update(zeros);
    }
    nextPage += pageCount;
    progress.accept(pageCount * spec.getPageBytes());
  }

  private void requireNext(long page) {
    if (page != nextPage) {
      throw new IllegalStateException(
          "the store sent page " + page + " where page " + nextPage + " was due");
    }
  }
}
