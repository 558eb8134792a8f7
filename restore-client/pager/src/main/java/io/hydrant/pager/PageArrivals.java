package io.hydrant.pager;

import io.hydrant.client.PageSink;
import io.hydrant.client.Regions;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;

/** Puts pages where they belong, each once, whoever brings it; and says what came to be used. */
final class PageArrivals {
  private static final long LOOK_NANOS = 20_000;
  private static final int SPINS = 200;

  /** Putting a page there takes microseconds. */
  private static final long ARRIVAL_NANOS_MAX = 10_000_000_000L;

  private final List<Region> regions;
  private final PageTarget target;
  private final Residency residency;
  private final Marks ahead;
  private final Marks touched;
  private final Touched order = new Touched();
  private final LongAdder aheadCount = new LongAdder();
  private final LongAdder aheadUsed = new LongAdder();
  private final LongAdder filledCount = new LongAdder();
  private final LongAdder touchedCount = new LongAdder();
  private final LongAdder touchedThere = new LongAdder();

  /** Why a page came. */
  enum Why {
    /** Somebody waits for it. */
    FAULT,
    /** It is expected to be wanted. */
    AHEAD,
    /** All are to come in the end. */
    FILL
  }

  /** A bit a page. */
  private static final class Marks {
    private final AtomicLongArray[] words;

    Marks(Residency residency) {
      words = new AtomicLongArray[residency.regions()];
      for (int region = 0; region < words.length; region++) {
        words[region] = new AtomicLongArray(Math.toIntExact((residency.pages(region) + 63) / 64));
      }
    }

    /** Whether it was not set before. */
    boolean set(int region, long page) {
      long bit = 1L << page;
      return (words[region].getAndAccumulate((int) (page / 64), bit, (a, b) -> a | b) & bit) == 0;
    }

    boolean get(int region, long page) {
      return (words[region].get((int) (page / 64)) & 1L << page) != 0;
    }
  }

  PageArrivals(List<Region> regions, PageTarget target) {
    this.regions = regions;
    this.target = target;
    this.residency = new Residency(regions);
    this.ahead = new Marks(residency);
    this.touched = new Marks(residency);
    for (int region = 0; region < residency.regions(); region++) {
      int of = region;
      target.held(region).stream()
          .filter(page -> residency.claim(of, page))
          .forEach(page -> residency.arrived(of, page));
    }
  }

  Residency residency() {
    return residency;
  }

  int pageBytes(int region) {
    return regions.get(region).getPageBytes();
  }

  Touched order() {
    return order;
  }

  /** A sink for pages that come for a reason. */
  PageSink sink(Why why) {
    return new PageSink() {
      @Override
      public void found(int region, long firstPage, ByteBuffer content) throws IOException {
        put(why, region, firstPage, content);
      }

      @Override
      public void zero(int region, long firstPage, long pageCount) throws IOException {
        putZero(region, firstPage, pageCount);
      }

      @Override
      public void notKept(int region, long firstPage, long pageCount) throws IOException {
        putZero(region, firstPage, pageCount);
      }
    };
  }

  /** Pages with content, from position to limit; those that are there already stay as they are. */
  void put(Why why, int region, long firstPage, ByteBuffer content) throws IOException {
    int pageBytes = regions.get(region).getPageBytes();
    long end = firstPage + content.remaining() / pageBytes;
    int base = content.position();
    long page = firstPage;
    while (page < end) {
      if (!residency.claim(region, page)) {
        page++;
        continue;
      }
      long run = page + 1;
      while (run < end && residency.claim(region, run)) {
        run++;
      }
      ByteBuffer pages =
          content.slice(
              base + (int) (page - firstPage) * pageBytes, (int) (run - page) * pageBytes);
      putClaimed(why, region, page, run, pages);
      page = run;
    }
  }

  private void putClaimed(Why why, int region, long first, long end, ByteBuffer pages)
      throws IOException {
    boolean put = false;
    try {
      target.put(region, first, pages);
      put = true;
    } finally {
      for (long page = first; page < end; page++) {
        if (put) {
          note(why, region, page);
          residency.arrived(region, page);
        } else {
          residency.giveUp(region, page);
        }
      }
    }
  }

  private void note(Why why, int region, long page) {
    switch (why) {
      case FAULT -> {}
      case AHEAD -> {
        ahead.set(region, page);
        aheadCount.increment();
      }
      case FILL -> filledCount.increment();
    }
  }

  void putZero(int region, long firstPage, long pageCount) throws IOException {
    long end = firstPage + pageCount;
    for (long page = firstPage; page < end; page++) {
      if (!residency.claim(region, page)) {
        continue;
      }
      long run = page + 1;
      while (run < end && residency.claim(region, run)) {
        run++;
      }
      boolean put = false;
      try {
        target.putZero(region, page, run - page);
        put = true;
      } finally {
        for (long each = page; each < run; each++) {
          if (put) {
            residency.arrived(region, each);
          } else {
            residency.giveUp(region, each);
          }
        }
      }
      page = run - 1;
    }
  }

  /** The machine touches a page; whether it was there. */
  boolean touch(int region, long page) {
    boolean there = residency.isPresent(region, page);
    if (touched.set(region, page)) {
      order.add(region, page);
      touchedCount.increment();
      if (there) {
        touchedThere.increment();
      }
      if (ahead.get(region, page)) {
        aheadUsed.increment();
      }
    }
    return there;
  }

  boolean isTouched(int region, long page) {
    return touched.get(region, page);
  }

  /** Waits for a page that somebody else holds in his hands; for a bounded time. */
  void awaitArrival(int region, long page) throws IOException {
    long start = System.nanoTime();
    for (int i = 0; !residency.isPresent(region, page) && !residency.isAbsent(region, page); i++) {
      if (System.nanoTime() - start > ARRIVAL_NANOS_MAX) {
        throw new IOException("it has come, and is not put there");
      }
      if (i < SPINS) {
        Thread.onSpinWait();
      } else {
        LockSupport.parkNanos(LOOK_NANOS);
      }
    }
  }

  PagerStats stats(long faults, long faultNanos) {
    long pages = 0;
    for (Region region : regions) {
      pages += Regions.pages(region);
    }
    return new PagerStats(
        pages,
        pages - residency.absentCount(),
        faults,
        faultNanos,
        touchedCount.sum(),
        touchedThere.sum(),
        aheadCount.sum(),
        aheadUsed.sum(),
        filledCount.sum());
  }
}
