package io.hydrant.engine.plan;

/**
 * Pages of one region, one after the other.
 *
 * @param region number in the region table
 * @param first number of the first page in its region
 * @param count at least 1
 */
public record PageRun(int region, long first, long count) {
  public PageRun {
    if (region < 0 || first < 0 || count < 1 || first + count < 0) {
      throw new IllegalArgumentException(
          "pages %d to %d of region %d".formatted(first, first + count - 1, region));
    }
  }

  /** The first page behind it. */
  public long end() {
    return first + count;
  }
}
