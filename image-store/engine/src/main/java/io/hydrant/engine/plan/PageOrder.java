package io.hydrant.engine.plan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** Pages in the order of their first mention, each once; turned into runs, window by window. */
final class PageOrder {
  private static final int REGION_SHIFT = 44;

  /** Above any page number: 2^44 pages are an exbibyte. */
  static final long PAGE_MAX = 1L << REGION_SHIFT;

  /** Null where nobody adds a page twice. */
  private final @Nullable Set<Long> seen;

  private long[] pages = new long[RestorePlan.WINDOW_PAGES];
  private int size;

  PageOrder() {
    this(new HashSet<>());
  }

  private PageOrder(@Nullable Set<Long> seen) {
    this.seen = seen;
  }

  /** For pages of which each comes once. */
  static PageOrder ofDistinct() {
    return new PageOrder(null);
  }

  /** A page number with its region, ordered by region and then by page. */
  static long key(int region, long page) {
    return (long) region << REGION_SHIFT | page;
  }

  boolean contains(long key) {
    return seen != null && seen.contains(key);
  }

  void add(long key) {
    if (seen != null && !seen.add(key)) {
      return;
    }
    if (size == pages.length) {
      pages = Arrays.copyOf(pages, 2 * size);
    }
    pages[size++] = key;
  }

  void forEach(LongConsumer consumer) {
    for (int i = 0; i < size; i++) {
      consumer.accept(pages[i]);
    }
  }

  int size() {
    return size;
  }

  /**
   * @param most pages; the last ones are left out
   */
  List<PageRun> toRuns(int most) {
    int end = Math.min(size, most);
    List<PageRun> runs = new ArrayList<>();
    for (int from = 0; from < end; from += RestorePlan.WINDOW_PAGES) {
      long[] window =
          Arrays.copyOfRange(pages, from, Math.min(end, from + RestorePlan.WINDOW_PAGES));
      Arrays.sort(window);
      addRuns(window, runs);
    }
    return runs;
  }

  private static void addRuns(long[] ascending, List<PageRun> runs) {
    int from = 0;
    for (int i = 1; i <= ascending.length; i++) {
      if (i == ascending.length || ascending[i] != ascending[i - 1] + 1) {
        int region = (int) (ascending[from] >>> REGION_SHIFT);
        runs.add(new PageRun(region, ascending[from] - key(region, 0), i - from));
        from = i;
      }
    }
  }
}
