package io.hydrant.bench.data;

import java.util.BitSet;
import java.util.SplittableRandom;

/** Random choices of pages, from a seed. */
public final class PageChoice {
  private final SplittableRandom random;

  public PageChoice(long seed) {
    random = new SplittableRandom(seed);
  }

  /**
   * Distinct pages in ascending order.
   *
   * @param count how many
   * @param pageCount of the region chosen from
   */
  public long[] distinct(int count, long pageCount) {
    if (count > pageCount) {
      throw new IllegalArgumentException(count + " distinct pages of " + pageCount);
    }
    BitSet chosen = new BitSet((int) pageCount);
    int left = count;
    while (left > 0) {
      int page = (int) random.nextLong(pageCount);
      if (!chosen.get(page)) {
        chosen.set(page);
        left--;
      }
    }
    return chosen.stream().asLongStream().toArray();
  }

  /** A random place of a pool. */
  public long place() {
    return random.nextLong(Integer.MAX_VALUE);
  }

  /** Pages in random order, with repetition. */
  public long[] any(int count, long pageCount) {
    return random.longs(count, 0, pageCount).toArray();
  }
}
