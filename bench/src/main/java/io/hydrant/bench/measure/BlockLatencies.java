package io.hydrant.bench.measure;

import java.util.ArrayList;
import java.util.List;

/**
 * Latencies taken in blocks that alternate with those of another side: a percentile of each block
 * makes a series, and rare events are looked for in all blocks together.
 */
public final class BlockLatencies {
  private final List<Latencies> blocks = new ArrayList<>();
  private final Latencies all = new Latencies();

  public void add(Round round, long nanos) {
    if (!round.counted()) {
      return;
    }
    while (blocks.size() <= round.index()) {
      blocks.add(new Latencies());
    }
    blocks.get(round.index()).add(nanos);
    all.add(nanos);
  }

  /** A percentile of each block. */
  public Series millis(double percent) {
    return new Series("ms", blocks.stream().map(block -> block.percentileMillis(percent)).toList());
  }

  /** A percentile of each block. */
  public Series micros(double percent) {
    return new Series("us", blocks.stream().map(block -> block.percentileMicros(percent)).toList());
  }

  /** A percentile over everything that was counted. */
  public Series millisOfAll(double percent) {
    return Series.single("ms", all.percentileMillis(percent));
  }

  /** A percentile over everything that was counted. */
  public Series microsOfAll(double percent) {
    return Series.single("us", all.percentileMicros(percent));
  }

  public int count() {
    return all.count();
  }
}
