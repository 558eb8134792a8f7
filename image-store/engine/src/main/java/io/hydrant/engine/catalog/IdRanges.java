package io.hydrant.engine.catalog;

import java.util.Arrays;

/**
 * An immutable set of ids as ranges. It only grows, mostly at its end, and never forgets (PROTOCOL
 * R2), so it is kept in chunks: adding an id copies one chunk and the list of chunks, however long
 * the history.
 */
final class IdRanges {
  static final IdRanges NONE = new IdRanges(new long[0][]);

  /** 256 ranges, 4 KiB a chunk: cheap to copy, and a million ranges have 4,000 of them. */
  private static final int CHUNK_LONGS_MAX = 512;

  /** Each a non-empty list of pairs (low, high), both inclusive; all ascending. */
  private final long[][] chunks;

  private IdRanges(long[][] chunks) {
    this.chunks = chunks;
  }

  /**
   * @param pairs (low, high), both inclusive, ascending and disjoint
   */
  static IdRanges of(long[] pairs) {
    int count = (pairs.length + CHUNK_LONGS_MAX - 1) / CHUNK_LONGS_MAX;
    long[][] chunks = new long[count][];
    for (int i = 0; i < count; i++) {
      int from = i * CHUNK_LONGS_MAX;
      chunks[i] = Arrays.copyOfRange(pairs, from, Math.min(from + CHUNK_LONGS_MAX, pairs.length));
    }
    return new IdRanges(chunks);
  }

  boolean contains(long id) {
    int chunk = chunkOf(id);
    if (chunk < 0) {
      return false;
    }
    int at = rangeOf(chunks[chunk], id);
    return id <= chunks[chunk][at + 1];
  }

  /** The newest id that is not above this one and not in the set; 0 if all are in it. */
  long lastOutside(long id) {
    long outside = id;
    int chunk = chunkOf(outside);
    while (outside > 0 && chunk >= 0) {
      int at = rangeOf(chunks[chunk], outside);
      if (outside > chunks[chunk][at + 1]) {
        return outside;
      }
      outside = chunks[chunk][at] - 1; // it may touch the range before, in another chunk
      chunk = chunkOf(outside);
    }
    return outside;
  }

  /**
   * What is in the set of some ids.
   *
   * @return pairs (low, high), ascending
   */
  long[] within(long first, long last) {
    long[] pairs = toPairs();
    long[] within = new long[pairs.length];
    int size = 0;
    for (int i = 0; i < pairs.length; i += 2) {
      if (pairs[i] <= last && pairs[i + 1] >= first) {
        within[size++] = Math.max(pairs[i], first);
        within[size++] = Math.min(pairs[i + 1], last);
      }
    }
    return Arrays.copyOf(within, size);
  }

  IdRanges plus(long id) {
    if (contains(id)) {
      return this;
    }
    if (chunks.length == 0) {
      return new IdRanges(new long[][] {{id, id}});
    }
    int chunk = Math.max(chunkOf(id), 0);
    long[] grown = inserted(chunks[chunk], id);
    if (grown.length <= CHUNK_LONGS_MAX) {
      long[][] copy = chunks.clone();
      copy[chunk] = grown;
      return new IdRanges(copy);
    }
    // Ids mostly come in order: a full last chunk stays full and the new range begins the next one.
    boolean last = chunk == chunks.length - 1;
    int cut = last ? grown.length - 2 : CHUNK_LONGS_MAX / 2;
    long[][] copy = new long[chunks.length + 1][];
    System.arraycopy(chunks, 0, copy, 0, chunk);
    copy[chunk] = Arrays.copyOf(grown, cut);
    copy[chunk + 1] = Arrays.copyOfRange(grown, cut, grown.length);
    System.arraycopy(chunks, chunk + 1, copy, chunk + 2, chunks.length - chunk - 1);
    return new IdRanges(copy);
  }

  /** Pairs (low, high), ascending, with a gap between any two: the one way to write this set. */
  long[] toPairs() {
    int longs = 0;
    for (long[] chunk : chunks) {
      longs += chunk.length;
    }
    long[] pairs = new long[longs];
    int end = 0;
    for (long[] chunk : chunks) {
      int skip = end > 0 && pairs[end - 1] + 1 == chunk[0] ? 1 : 0;
      end -= skip;
      System.arraycopy(chunk, skip, pairs, end, chunk.length - skip);
      end += chunk.length - skip;
    }
    return end == longs ? pairs : Arrays.copyOf(pairs, end);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof IdRanges ranges && Arrays.equals(toPairs(), ranges.toPairs());
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(toPairs());
  }

  @Override
  public String toString() {
    return Arrays.toString(toPairs());
  }

  /** The last chunk that begins at or below the id, or -1. */
  private int chunkOf(long id) {
    int low = 0;
    int high = chunks.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (chunks[middle][0] <= id) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return high;
  }

  /** Offset of the last pair that begins at or below the id, or -2. */
  private static int rangeOf(long[] pairs, long id) {
    int low = 0;
    int high = pairs.length / 2 - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      if (pairs[2 * middle] <= id) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return 2 * high;
  }

  private static long[] inserted(long[] pairs, long id) {
    int below = rangeOf(pairs, id);
    int above = below + 2;
    boolean joinsBelow = below >= 0 && pairs[below + 1] + 1 == id;
    boolean joinsAbove = above < pairs.length && pairs[above] - 1 == id;
    if (joinsBelow && joinsAbove) {
      long[] shrunk = new long[pairs.length - 2];
      System.arraycopy(pairs, 0, shrunk, 0, below + 1);
      System.arraycopy(pairs, above + 1, shrunk, below + 1, pairs.length - above - 1);
      return shrunk;
    }
    if (joinsBelow || joinsAbove) {
      long[] copy = pairs.clone();
      copy[joinsBelow ? below + 1 : above] = id;
      return copy;
    }
    long[] grown = new long[pairs.length + 2];
    System.arraycopy(pairs, 0, grown, 0, above);
    grown[above] = id;
    grown[above + 1] = id;
    System.arraycopy(pairs, above, grown, above + 2, pairs.length - above);
    return grown;
  }
}
