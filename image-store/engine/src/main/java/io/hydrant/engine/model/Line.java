package io.hydrant.engine.model;

import java.util.Arrays;

/**
 * The line of a checkpoint X: X, its base, the base's base and so on, down to the last full
 * checkpoint, as runs of ids. Ids within a run that were aborted do no harm: no page version
 * carries them.
 *
 * <p>A page at X is the newest version on X's line, not the one with the highest number (PROTOCOL
 * R6): after a take-over from an older checkpoint, the abandoned ids are off the line.
 */
public final class Line {
  /** Pairs (low, high), both inclusive, newest run first. */
  private final long[] runs;

  private Line(long[] runs) {
    this.runs = runs;
  }

  /**
   * @param runs pairs (low, high), newest run first, descending and disjoint
   */
  public static Line of(long... runs) {
    if (runs.length == 0 || runs.length % 2 != 0) {
      throw new IllegalArgumentException("a line has pairs of ids");
    }
    for (int i = 0; i < runs.length; i += 2) {
      if (runs[i] > runs[i + 1] || i > 0 && runs[i + 1] >= runs[i - 2]) {
        throw new IllegalArgumentException("runs must descend: " + Arrays.toString(runs));
      }
    }
    return new Line(runs.clone());
  }

  /** The checkpoint whose line this is. */
  public long newest() {
    return runs[1];
  }

  public long oldest() {
    return runs[runs.length - 2];
  }

  public boolean contains(long checkpoint) {
    for (int i = 0; i < runs.length; i += 2) {
      if (checkpoint >= runs[i]) {
        return checkpoint <= runs[i + 1];
      }
    }
    return false;
  }

  /** The newest id of the line that is not below {@code first} nor above {@code last}; 0: none. */
  public long newestWithin(long first, long last) {
    for (int i = 0; i < runs.length; i += 2) {
      if (runs[i] <= last) {
        long newest = Math.min(runs[i + 1], last);
        return newest >= first ? newest : 0;
      }
    }
    return 0;
  }

  /**
   * What of the line is not below {@code first} nor above {@code last}: pairs (low, high), newest
   * first.
   */
  public long[] within(long first, long last) {
    long[] within = new long[runs.length];
    int size = 0;
    for (int i = 0; i < runs.length; i += 2) {
      long low = Math.max(runs[i], first);
      long high = Math.min(runs[i + 1], last);
      if (low <= high) {
        within[size++] = low;
        within[size++] = high;
      }
    }
    return Arrays.copyOf(within, size);
  }

  public long[] toRuns() {
    return runs.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Line line && Arrays.equals(runs, line.runs);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(runs);
  }

  @Override
  public String toString() {
    return "Line" + Arrays.toString(runs);
  }
}
