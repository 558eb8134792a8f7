package io.hydrant.pager;

/**
 * How many neighbours of a faulting page are fetched with it: few where faults are scattered, more
 * the longer they follow each other. A fault beside a window that was read around an earlier one
 * shows that the window was used, since else the machine would have faulted within it, or
 * elsewhere; then the next window is twice as large and lies in the direction in which the faults
 * go. A fault anywhere else halves it. As Linux' read-ahead of swapped memory (mm/swap_state.c),
 * which sees hits as well, and HydraVM's, which reads ahead of a page fault by a fixed amount
 * (thesis 3.4.3).
 *
 * <p>Not safe for several threads.
 */
final class ReadAround {
  /** Windows in memory: machines go through several pieces of memory at a time. */
  private static final int STREAMS = 16;

  private final int least;
  private final int most;
  private final Window[] recent = new Window[STREAMS];
  private int next;
  private int size;

  /**
   * Pages that are fetched together.
   *
   * @param first inclusive
   * @param end exclusive
   */
  record Window(int region, long first, long end) {
    long pages() {
      return end - first;
    }
  }

  /**
   * @param least pages of a window in which nothing is known; a power of two
   * @param most pages of one window; a power of two
   */
  ReadAround(int least, int most) {
    this.size = least;
    this.least = least;
    this.most = most;
  }

  /** The window of a fault, the page itself within it. */
  Window around(int region, long page, long pages) {
    for (int i = 0; i < STREAMS; i++) {
      Window window = recent[i];
      if (window == null || window.region() != region) {
        continue;
      }
      long reach = Math.max(window.pages(), least);
      if (page >= window.end() && page < window.end() + reach) {
        size = (int) Math.min(most, Math.max(2 * window.pages(), least));
        return keep(i, new Window(region, page, Math.min(pages, page + size)));
      }
      if (page < window.first() && page >= window.first() - reach) {
        size = (int) Math.min(most, Math.max(2 * window.pages(), least));
        return keep(i, new Window(region, Math.max(0, page + 1 - size), page + 1));
      }
    }
    size = Math.max(least, size / 2);
    long first = page - page % size;
    int slot = next;
    next = (next + 1) % STREAMS;
    return keep(slot, new Window(region, first, Math.min(pages, first + size)));
  }

  private Window keep(int slot, Window window) {
    recent[slot] = window;
    return window;
  }
}
