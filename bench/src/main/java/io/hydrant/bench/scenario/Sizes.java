package io.hydrant.bench.scenario;

import io.hydrant.bench.measure.Series;

/** What several scenarios share. */
final class Sizes {
  /** Bare file behind checkpoints: so large that no write meets the writeback of the lap before. */
  static final long RECYCLED_BYTES = 256L << 20;

  /** The file of a bare server that is not asked to write. */
  static final long UNUSED_FILE_BYTES = 1 << 20;

  private Sizes() {}

  /** The one with the higher median: a comparator must be as good as gRPC gets. */
  static Series higher(Series one, Series other) {
    return one.median() >= other.median() ? one : other;
  }
}
