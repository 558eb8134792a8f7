package io.hydrant.bench.cadence;

import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A guest that dirties so many bytes an interval: runs of neighbouring pages at random places of
 * its memory, incompressible. A few checkpoints are made ahead and repeated.
 */
public final class SyntheticStream implements GuestStream {
  private static final long IMAGE_BYTES = 256L << 20;
  private static final int RUN_PAGES = 8;
  private static final int DISTINCT = 16;

  private final String name;
  private final Duration interval;
  private final PagePool pool;
  private final List<PageSet> sets = new ArrayList<>();

  /**
   * @param bytes dirtied in an interval
   */
  public SyntheticStream(String name, Duration interval, long bytes, PagePool pool, long seed) {
    this.name = "%s, %.1f MB every %d ms".formatted(name, bytes / 1e6, interval.toMillis());
    this.interval = interval;
    this.pool = pool;
    SplittableRandom random = new SplittableRandom(seed);
    int pages = Math.toIntExact(bytes / PagePool.PAGE_BYTES);
    for (int i = 0; i < DISTINCT; i++) {
      sets.add(new PageSet(dirty(random, pages), pool.run(random.nextLong(1 << 20), pages)));
    }
  }

  private static long[] dirty(SplittableRandom random, int pages) {
    int runs = Math.toIntExact(IMAGE_BYTES / PagePool.PAGE_BYTES / RUN_PAGES);
    BitSet dirty = new BitSet();
    while (dirty.cardinality() < pages) {
      int first = random.nextInt(runs) * RUN_PAGES;
      dirty.set(first, first + Math.min(RUN_PAGES, pages - dirty.cardinality()));
    }
    return dirty.stream().asLongStream().toArray();
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Duration interval() {
    return interval;
  }

  @Override
  public long imageBytes() {
    return IMAGE_BYTES;
  }

  @Override
  public PageSet begin() {
    int pages = Math.toIntExact(IMAGE_BYTES / PagePool.PAGE_BYTES);
    return PageSet.run(pool, 0, pages);
  }

  @Override
  public int distinct() {
    return sets.size();
  }

  @Override
  public PageSet pages(long number) {
    return sets.get((int) (number % DISTINCT));
  }

  @Override
  public byte[] slim(long number) {
    return ByteBuffer.allocate(0).array();
  }

  @Override
  public boolean isCompressible() {
    return false;
  }

  @Override
  public long meanBytes() {
    return sets.getFirst().bytes();
  }
}
