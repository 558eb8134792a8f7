package io.hydrant.bench.measure;

import java.util.Arrays;
import java.util.List;

/**
 * One figure, measured in several rounds.
 *
 * @param unit for instance "MB/s"; empty for a plain number
 * @param rounds in the order measured; at least one
 */
public record Series(String unit, List<Double> rounds) {
  public Series {
    rounds = List.copyOf(rounds);
    if (rounds.isEmpty()) {
      throw new IllegalArgumentException("a series needs at least one round");
    }
  }

  /** A figure that was taken once. */
  public static Series single(String unit, double value) {
    return new Series(unit, List.of(value));
  }

  /** The middle round; the mean of the two middle ones where their number is even. */
  public double median() {
    double[] sorted = sorted();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : sorted[middle - 1] / 2 + sorted[middle] / 2;
  }

  public double least() {
    return sorted()[0];
  }

  public double most() {
    double[] sorted = sorted();
    return sorted[sorted.length - 1];
  }

  /** (most - least) / median: how far the rounds lie apart. 0 for a single round. */
  public double spread() {
    double median = median();
    return median == 0 ? 0 : (most() - least()) / Math.abs(median);
  }

  private double[] sorted() {
    double[] values = rounds.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(values);
    return values;
  }
}
