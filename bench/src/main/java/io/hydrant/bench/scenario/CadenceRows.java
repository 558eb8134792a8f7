package io.hydrant.bench.scenario;

import io.hydrant.bench.cadence.Cadence;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;

/** The rows of one case of the cadence. */
final class CadenceRows {
  private static final Bar[] MISSED = {Bar.atMost(0.2)};
  private static final Bar[] IN_A_ROW = {Bar.atMost(2)};
  private static final Bar[] TOLD = {};
  private static final String FAN_OUT = ", against a bare fan-out";

  private CadenceRows() {}

  /**
   * The store beside a bare timer.
   *
   * @param held whether bars are held against what it misses
   */
  static void timer(
      Report.Builder report, String name, boolean held, Cadence store, Cadence timer) {
    Sides sides = new Sides(store, timer);
    report
        .row(sides.millis(name + ": p50", 50))
        .row(sides.millis(name + ": p99", 99))
        .row(sides.missed(name + ": missed", held ? MISSED : TOLD))
        .row(sides.inARow(name + ": missed in a row", held ? IN_A_ROW : TOLD));
  }

  /** The store beside a bare fan-out: told only. */
  static void fanOut(Report.Builder report, String name, PacedRun store, PacedRun fanOut) {
    Sides sides = new Sides(store.cadence(), fanOut.cadence());
    report
        .row(sides.millis(name + ": p50" + FAN_OUT, 50))
        .row(sides.millis(name + ": p99" + FAN_OUT, 99))
        .row(sides.missed(name + ": missed" + FAN_OUT, TOLD))
        .row(sides.inARow(name + ": missed in a row" + FAN_OUT, TOLD))
        .row(
            Row.compared(
                name + ": CPU per checkpoint" + FAN_OUT,
                Series.single("ms", store.cpuMillis()),
                Series.single("ms", fanOut.cpuMillis())));
  }

  private record Sides(Cadence store, Cadence bare) {
    Row millis(String name, double percent) {
      return Row.compared(
          name,
          Series.single("ms", store.millis(percent)),
          Series.single("ms", bare.millis(percent)));
    }

    Row missed(String name, Bar... bars) {
      return Row.compared(
          name,
          Series.single("%", store.missedPercent()),
          Series.single("%", bare.missedPercent()),
          bars);
    }

    Row inARow(String name, Bar... bars) {
      return Row.compared(
          name, Series.single("", store.longestRun()), Series.single("", bare.longestRun()), bars);
    }
  }
}
