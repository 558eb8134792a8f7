package io.hydrant.bench.measure;

import java.util.Arrays;

/**
 * Latencies of one measurement, kept one by one: percentiles are exact, not those of a histogram's
 * buckets. Not safe for use by two threads at once.
 */
public final class Latencies {
  private static final int FIRST_CAPACITY = 1024;

  private long[] nanos = new long[FIRST_CAPACITY];
  private int count;

  public void add(long elapsedNanos) {
    if (elapsedNanos < 0) {
      throw new IllegalArgumentException("a latency cannot be negative: " + elapsedNanos + " ns");
    }
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, count * 2);
    }
    nanos[count++] = elapsedNanos;
  }

  public void addAll(Latencies other) {
    for (int i = 0; i < other.count; i++) {
      add(other.nanos[i]);
    }
  }

  public int count() {
    return count;
  }

  /**
   * The nearest-rank percentile: the smallest latency such that at least this share is not above
   * it.
   *
   * @param percent above 0, at most 100
   * @return nanoseconds
   */
  public long percentileNanos(double percent) {
    if (!(percent > 0 && percent <= 100)) {
      throw new IllegalArgumentException("percentile out of (0, 100]: " + percent);
    }
    if (count == 0) {
      throw new IllegalStateException("no latency was measured");
    }
    long[] sorted = Arrays.copyOf(nanos, count);
    Arrays.sort(sorted);
    int rank = (int) Math.ceil(percent / 100 * count);
    return sorted[Math.max(1, rank) - 1];
  }

  public double percentileMillis(double percent) {
    return percentileNanos(percent) / 1e6;
  }

  public double percentileMicros(double percent) {
    return percentileNanos(percent) / 1e3;
  }
}
