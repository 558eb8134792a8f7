package io.hydrant.bench.fanout;

import java.util.Arrays;
import java.util.function.LongConsumer;

/** How many bytes a majority has, from what each of the replicas says it has. */
final class MajorityCount {
  private final long[] counts;
  private final LongConsumer changed;
  private long told;

  /**
   * @param changed gets the number that a majority has whenever it grows; not by two threads at
   *     once
   */
  MajorityCount(int replicas, LongConsumer changed) {
    this.counts = new long[replicas];
    this.changed = changed;
  }

  synchronized void durable(int replica, long count) {
    counts[replica] = count;
    long[] sorted = counts.clone();
    Arrays.sort(sorted);
    long majority = sorted[(counts.length - 1) / 2];
    if (majority > told) {
      told = majority;
      changed.accept(majority);
    }
    notifyAll();
  }

  /** Waits until no replica is further than this behind what was sent. */
  synchronized void awaitBehindAtMost(long bytes, long sent) throws InterruptedException {
    while (sent - Arrays.stream(counts).min().orElseThrow() > bytes) {
      wait();
    }
  }
}
