package io.hydrant.pager;

import io.hydrant.v1.PageRange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/** Ranges of pages. */
final class Pages {
  private Pages() {}

  static PageRange range(int region, long first, long count) {
    return PageRange.newBuilder().setRegion(region).setFirstPage(first).setPageCount(count).build();
  }

  /** What of a range is wanted, as runs. */
  static void runs(PageRange range, LongPredicate wanted, List<PageRange> into) {
    int region = range.getRegion();
    long end = range.getFirstPage() + range.getPageCount();
    long from = -1;
    for (long page = range.getFirstPage(); page < end; page++) {
      boolean is = wanted.test(page);
      if (is && from < 0) {
        from = page;
      } else if (!is && from >= 0) {
        into.add(range(region, from, page - from));
        from = -1;
      }
    }
    if (from >= 0) {
      into.add(range(region, from, end - from));
    }
  }

  /** Ranges cut so that none has more pages than that, in lists of about so many pages. */
  static List<List<PageRange>> chunks(List<PageRange> ranges, long pages) {
    List<List<PageRange>> chunks = new ArrayList<>();
    List<PageRange> chunk = new ArrayList<>();
    long room = pages;
    for (PageRange range : ranges) {
      long first = range.getFirstPage();
      long end = first + range.getPageCount();
      while (first < end) {
        long count = Math.min(end - first, room);
        chunk.add(range(range.getRegion(), first, count));
        first += count;
        room -= count;
        if (room == 0) {
          chunks.add(chunk);
          chunk = new ArrayList<>();
          room = pages;
        }
      }
    }
    if (!chunk.isEmpty()) {
      chunks.add(chunk);
    }
    return chunks;
  }
}
