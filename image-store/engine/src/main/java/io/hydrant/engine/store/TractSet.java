package io.hydrant.engine.store;

import io.hydrant.engine.model.RegionTable;
import java.util.Arrays;

/**
 * A set of tracts of one image, and whether a slim state goes with them. Immutable; one bit a
 * tract.
 */
public final class TractSet {
  private static final long[][] NO_WORDS = {};

  /** Every tract there is, and the slim state. */
  public static final TractSet ALL = new TractSet(true, true, NO_WORDS);

  public static final TractSet NONE = new TractSet(false, false, NO_WORDS);

  private final boolean all;
  private final boolean slim;

  /** Bits by region; no empty words at the end, so that equal sets are equal arrays. */
  private final long[][] words;

  private TractSet(boolean all, boolean slim, long[][] words) {
    this.all = all;
    this.slim = slim;
    this.words = words;
  }

  public boolean isAll() {
    return all;
  }

  public boolean isEmpty() {
    return !all && !slim && words.length == 0;
  }

  public boolean has(int region, int tract) {
    if (all) {
      return true;
    }
    int word = tract >> 6;
    return region < words.length
        && word < words[region].length
        && (words[region][word] & 1L << tract) != 0;
  }

  /** Whether the slim state belongs to it. */
  public boolean hasSlim() {
    return slim;
  }

  /** Regions that may have tracts in it: 0 to this. Not for {@link #ALL}. */
  public int regions() {
    return words.length;
  }

  /** The first tract of a region at or behind {@code tract} that is in the set; -1 if none is. */
  public int next(int region, int tract) {
    if (region >= words.length) {
      return -1;
    }
    long[] bits = words[region];
    int word = tract >> 6;
    if (word >= bits.length) {
      return -1;
    }
    long rest = bits[word] & -1L << tract;
    while (rest == 0) {
      if (++word == bits.length) {
        return -1;
      }
      rest = bits[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(rest);
  }

  /** Number of tracts; not for {@link #ALL}. */
  public long size() {
    long count = 0;
    for (long[] bits : words) {
      for (long word : bits) {
        count += Long.bitCount(word);
      }
    }
    return count;
  }

  public TractSet plus(int region, int tract) {
    return plus(region, tract, 1);
  }

  /** With {@code count} tracts from {@code first} on. */
  public TractSet plus(int region, int first, int count) {
    if (region < 0 || first < 0 || count < 1) {
      throw new IllegalArgumentException(
          "%d tracts from %d of region %d".formatted(count, first, region));
    }
    if (all) {
      return this;
    }
    long[][] more = Arrays.copyOf(words, Math.max(words.length, region + 1));
    for (int i = words.length; i < more.length; i++) {
      more[i] = new long[0];
    }
    int last = first + count - 1;
    long[] bits = Arrays.copyOf(more[region], Math.max(more[region].length, (last >> 6) + 1));
    for (int tract = first; tract <= last; tract++) {
      bits[tract >> 6] |= 1L << tract;
    }
    more[region] = bits;
    return new TractSet(false, slim, more);
  }

  public TractSet plusSlim() {
    return slim ? this : new TractSet(all, true, words);
  }

  public TractSet plus(TractSet other) {
    if (all || other.isEmpty()) {
      return this;
    }
    if (other.all || isEmpty()) {
      return other;
    }
    long[][] more = new long[Math.max(words.length, other.words.length)][];
    for (int region = 0; region < more.length; region++) {
      long[] mine = region < words.length ? words[region] : new long[0];
      long[] theirs = region < other.words.length ? other.words[region] : new long[0];
      long[] bits = Arrays.copyOf(mine, Math.max(mine.length, theirs.length));
      for (int i = 0; i < theirs.length; i++) {
        bits[i] |= theirs[i];
      }
      more[region] = bits;
    }
    return new TractSet(false, slim || other.slim, more);
  }

  /** Without what is in the other; neither may be {@link #ALL}. */
  public TractSet minus(TractSet other) {
    if (all || other.all) {
      throw new IllegalArgumentException("say within which regions first");
    }
    long[][] left = new long[words.length][];
    for (int region = 0; region < left.length; region++) {
      long[] bits = words[region].clone();
      long[] theirs = region < other.words.length ? other.words[region] : new long[0];
      for (int i = 0; i < Math.min(bits.length, theirs.length); i++) {
        bits[i] &= ~theirs[i];
      }
      left[region] = trimmed(bits);
    }
    int regions = left.length;
    while (regions > 0 && left[regions - 1].length == 0) {
      regions--;
    }
    return new TractSet(false, slim && !other.slim, Arrays.copyOf(left, regions));
  }

  private static long[] trimmed(long[] bits) {
    int length = bits.length;
    while (length > 0 && bits[length - 1] == 0) {
      length--;
    }
    return length == bits.length ? bits : Arrays.copyOf(bits, length);
  }

  /** The same, said tract by tract: what of it these regions have. */
  public TractSet within(RegionTable regions) {
    return within(every(regions));
  }

  /** What of it is in the other, which is not {@link #ALL}. */
  TractSet within(TractSet every) {
    return all ? every : minus(minus(every));
  }

  /** Every tract of these regions, by number, and the slim state. */
  static TractSet every(RegionTable regions) {
    TractSet every = NONE.plusSlim();
    for (int number = 0; number < regions.size(); number++) {
      every = every.plus(number, 0, regions.get(number).tracts());
    }
    return every;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TractSet set
        && all == set.all
        && slim == set.slim
        && Arrays.deepEquals(words, set.words);
  }

  @Override
  public int hashCode() {
    return 31 * Boolean.hashCode(all) + Arrays.deepHashCode(words);
  }

  @Override
  public String toString() {
    return all ? "all tracts" : size() + " tracts" + (slim ? " and slim state" : "");
  }
}
