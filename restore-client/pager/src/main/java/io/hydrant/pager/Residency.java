package io.hydrant.pager;

import io.hydrant.client.Regions;
import io.hydrant.v1.Region;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Which pages are there. A page is absent, then somebody's who brings it, then there for good; who
 * brings it is one at a time. Two bits a page: 64 KiB for each GiB of small pages.
 */
final class Residency {
  private static final int PAGES_PER_WORD = 32;
  private static final long ABSENT = 0;
  private static final long CLAIMED = 1;
  private static final long PRESENT = 3;

  private final AtomicLongArray[] words;
  private final long[] pages;
  private final AtomicLong absent = new AtomicLong();

  Residency(List<Region> regions) {
    this.words = new AtomicLongArray[regions.size()];
    this.pages = new long[regions.size()];
    for (int region = 0; region < words.length; region++) {
      pages[region] = Regions.pages(regions.get(region));
      words[region] =
          new AtomicLongArray(
              Math.toIntExact((pages[region] + PAGES_PER_WORD - 1) / PAGES_PER_WORD));
      absent.addAndGet(pages[region]);
    }
  }

  long pages(int region) {
    return pages[region];
  }

  int regions() {
    return pages.length;
  }

  /** Pages that are not there yet. */
  long absentCount() {
    return absent.get();
  }

  boolean isPresent(int region, long page) {
    return state(region, page) == PRESENT;
  }

  boolean isAbsent(int region, long page) {
    return state(region, page) == ABSENT;
  }

  private long state(int region, long page) {
    return words[region].get((int) (page / PAGES_PER_WORD)) >>> shift(page) & PRESENT;
  }

  private static int shift(long page) {
    return (int) (page % PAGES_PER_WORD) * 2;
  }

  /** Whether the caller is the one to put the page there; he must end it by one of the others. */
  boolean claim(int region, long page) {
    return change(region, page, ABSENT, CLAIMED);
  }

  /** It could not be put there. */
  void giveUp(int region, long page) {
    change(region, page, CLAIMED, ABSENT);
  }

  /** It is there. */
  void arrived(int region, long page) {
    if (change(region, page, CLAIMED, PRESENT)) {
      absent.decrementAndGet();
    }
  }

  private boolean change(int region, long page, long from, long to) {
    AtomicLongArray of = words[region];
    int index = (int) (page / PAGES_PER_WORD);
    int shift = shift(page);
    while (true) {
      long word = of.get(index);
      if ((word >>> shift & PRESENT) != from) {
        return false;
      }
      if (of.compareAndSet(index, word, word & ~(PRESENT << shift) | to << shift)) {
        return true;
      }
    }
  }
}
