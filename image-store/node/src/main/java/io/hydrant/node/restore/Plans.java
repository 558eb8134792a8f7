package io.hydrant.node.restore;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.plan.PageRun;
import io.hydrant.engine.plan.PlanFormat;
import io.hydrant.engine.plan.RestorePlan;
import io.hydrant.node.api.ApiException;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Between the plans of the catalog and the ranges of the API. */
final class Plans {
  /** Ranges of one report. */
  static final int RANGES_MAX = 65_536;

  /** Pages of one report, and of what was written last: 4 GiB of small ones. */
  static final int PAGES_MAX = 1 << 20;

  private static final Logger LOG = LoggerFactory.getLogger(Plans.class);

  private Plans() {}

  /** What is known of an image; one that cannot be read says nothing. */
  static RestorePlan of(ImageState image) {
    byte[] bytes = image.plan().bytes();
    if (bytes.length == 0) {
      return RestorePlan.NONE;
    }
    try {
      return PlanFormat.decode("plan of image '%s'".formatted(image.name()), bytes);
    } catch (IOException e) {
      LOG.warn("restores go without it, and the next one makes a new one: {}", e.getMessage());
      return RestorePlan.NONE;
    }
  }

  /** What of the runs lies within the regions: they may have been others when it was learned. */
  static List<PageRange> ranges(List<PageRun> runs, RegionTable regions) {
    List<PageRange> ranges = new ArrayList<>();
    for (PageRun run : runs) {
      long pages = regions.has(run.region()) ? regions.get(run.region()).pages() : 0;
      long count = Math.min(run.end(), pages) - run.first();
      if (count > 0) {
        ranges.add(range(run.region(), run.first(), count));
      }
    }
    return ranges;
  }

  private static PageRange range(int region, long first, long count) {
    return PageRange.newBuilder().setRegion(region).setFirstPage(first).setPageCount(count).build();
  }

  /** The beginning of a plan, in the order in which it lies: all of it is waited for. */
  static List<PageRange> first(List<PageRange> wanted, RegionTable regions, long contentBytes) {
    List<PageRange> first = new ArrayList<>();
    long room = contentBytes;
    for (PageRange range : wanted) {
      int pageBytes = regions.get(range.getRegion()).pageBytes();
      long count = Math.min(range.getPageCount(), room / pageBytes);
      if (count == 0) {
        break;
      }
      first.add(range(range.getRegion(), range.getFirstPage(), count));
      room -= count * pageBytes;
    }
    first.sort(
        Comparator.comparingInt(PageRange::getRegion).thenComparingLong(PageRange::getFirstPage));
    return first;
  }

  /**
   * Ranges of a report as runs.
   *
   * @throws ApiException they are too many, or not within the regions
   */
  static List<PageRun> runs(List<PageRange> ranges, RegionTable regions) {
    if (ranges.size() > RANGES_MAX) {
      throw tooMuch(ranges.size() + " ranges");
    }
    List<PageRun> runs = new ArrayList<>(ranges.size());
    long pages = 0;
    for (PageRange range : ranges) {
      PrefetchParts.check(regions, range);
      pages += range.getPageCount();
      if (pages > PAGES_MAX) {
        throw tooMuch(pages + " pages");
      }
      runs.add(new PageRun(range.getRegion(), range.getFirstPage(), range.getPageCount()));
    }
    return runs;
  }

  private static ApiException tooMuch(String what) {
    return new ApiException(
        Reason.REASON_LIMIT_EXCEEDED,
        "%s; at most %d ranges and %d pages are learned from: report those touched first"
            .formatted(what, RANGES_MAX, PAGES_MAX));
  }
}
