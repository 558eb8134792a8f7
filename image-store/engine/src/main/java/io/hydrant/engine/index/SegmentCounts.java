package io.hydrant.engine.index;

import java.util.Arrays;

/** A hash table from segment to bytes, without a box per entry. Counts of zero are absent. */
final class SegmentCounts {
  private static final int SLOTS_MIN = 16;

  /**
   * Segment + 1, unsigned; 0: free. A count that fell to zero keeps its slot until the next growth.
   */
  private long[] keys = new long[SLOTS_MIN];

  private long[] counts = new long[SLOTS_MIN];
  private int used;

  /** Returns the sum. */
  long add(int segment, long bytes) {
    int slot = slot(segment);
    if (keys[slot] == 0) {
      if (2 * (used + 1) > keys.length) {
        rehash();
        slot = slot(segment);
      }
      keys[slot] = key(segment);
      used++;
    }
    counts[slot] += bytes;
    return counts[slot];
  }

  long get(int segment) {
    return counts[slot(segment)];
  }

  /** Visits the counts that are not zero, in no order. */
  void forEach(Visitor visitor) {
    for (int slot = 0; slot < keys.length; slot++) {
      if (counts[slot] != 0) {
        visitor.count((int) (keys[slot] - 1), counts[slot]);
      }
    }
  }

  /** Segments with a count, ascending (unsigned). */
  int[] segments() {
    int size = 0;
    long[] found = new long[used];
    for (int slot = 0; slot < keys.length; slot++) {
      if (counts[slot] != 0) {
        found[size++] = keys[slot];
      }
    }
    Arrays.sort(found, 0, size);
    int[] segments = new int[size];
    for (int i = 0; i < size; i++) {
      segments[i] = (int) (found[i] - 1);
    }
    return segments;
  }

  private void rehash() {
    long[] oldKeys = keys;
    long[] oldCounts = counts;
    int live = 0;
    for (long count : oldCounts) {
      live += count != 0 ? 1 : 0;
    }
    int slots = SLOTS_MIN;
    while (slots < 4 * live) {
      slots *= 2;
    }
    keys = new long[slots];
    counts = new long[slots];
    used = live;
    for (int old = 0; old < oldKeys.length; old++) {
      if (oldCounts[old] != 0) {
        int slot = slot((int) (oldKeys[old] - 1));
        keys[slot] = oldKeys[old];
        counts[slot] = oldCounts[old];
      }
    }
  }

  private int slot(int segment) {
    long key = key(segment);
    int mask = keys.length - 1;
    int slot = (segment * 0x9e3779b9 >>> 16) & mask;
    while (keys[slot] != 0 && keys[slot] != key) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private static long key(int segment) {
    return Integer.toUnsignedLong(segment) + 1;
  }

  /** Receives one count. */
  @FunctionalInterface
  interface Visitor {
    void count(int segment, long bytes);
  }
}
