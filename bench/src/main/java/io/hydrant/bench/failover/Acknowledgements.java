package io.hydrant.bench.failover;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/** When commits were acknowledged. Written by one thread, asked by any. */
final class Acknowledgements {
  private static final int FIRST_CAPACITY = 1 << 16;

  private long[] nanos = new long[FIRST_CAPACITY];
  private int count;

  synchronized void add(long at) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = at;
    notifyAll();
  }

  synchronized int count() {
    return count;
  }

  /**
   * Waits until so many came after a moment.
   *
   * @return false: not within the time
   */
  synchronized boolean awaitAfter(long moment, int many, long millisMax)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millisMax);
    while (count - firstAfter(moment) < many) {
      long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
      if (left <= 0) {
        return false;
      }
      wait(left);
    }
    return true;
  }

  /** The longest silence that had not ended by a moment: what was on its way may still come. */
  synchronized Gap longestSince(long moment) {
    int next = firstAfter(moment);
    Gap longest = new Gap(0, 0);
    for (int i = Math.max(1, next); i < count; i++) {
      if (nanos[i] - nanos[i - 1] > longest.nanos()) {
        longest = new Gap(nanos[i - 1], nanos[i]);
      }
    }
    return longest;
  }

  /** A silence, from the last acknowledgement before it to the first one behind it. */
  record Gap(long from, long to) {
    long nanos() {
      return to - from;
    }
  }

  private int firstAfter(long moment) {
    int first = count;
    while (first > 0 && nanos[first - 1] > moment) {
      first--;
    }
    return first;
  }
}
