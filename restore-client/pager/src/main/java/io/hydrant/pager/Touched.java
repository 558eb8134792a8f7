package io.hydrant.pager;

import io.hydrant.v1.PageRange;
import java.util.ArrayList;
import java.util.List;

/** Pages in the order of their first touch: as many as the store learns from. */
final class Touched {
  private static final int PAGES_MAX = 65_536;

  /** Half of what a report may have: the other half is for pages that nobody saw. */
  private static final int RANGES_MAX = 32_768;

  private final List<PageRange> ranges = new ArrayList<>();
  private int pages;
  private int region = -1;
  private long first;
  private long end;

  /** Each page once. */
  synchronized void add(int touchedRegion, long page) {
    if (pages == PAGES_MAX || ranges.size() == RANGES_MAX) {
      return;
    }
    pages++;
    if (touchedRegion == region && page == end) {
      end++;
      return;
    }
    flush();
    region = touchedRegion;
    first = page;
    end = page + 1;
  }

  private void flush() {
    if (region >= 0 && ranges.size() < RANGES_MAX) {
      ranges.add(Pages.range(region, first, end - first));
    }
  }

  synchronized List<PageRange> ranges() {
    List<PageRange> all = new ArrayList<>(ranges);
    if (region >= 0 && all.size() < RANGES_MAX) {
      all.add(Pages.range(region, first, end - first));
    }
    return all;
  }
}
