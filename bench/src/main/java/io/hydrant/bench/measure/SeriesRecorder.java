package io.hydrant.bench.measure;

import java.util.ArrayList;
import java.util.List;

/** Collects a series round by round; rounds of warm-up leave no trace. */
public final class SeriesRecorder {
  private final String unit;
  private final List<Double> rounds = new ArrayList<>();

  public SeriesRecorder(String unit) {
    this.unit = unit;
  }

  public void add(Round round, double value) {
    if (round.counted()) {
      rounds.add(value);
    }
  }

  public Series series() {
    return new Series(unit, rounds);
  }
}
