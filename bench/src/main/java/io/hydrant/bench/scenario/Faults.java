package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.restore.FaultReplayRun;
import io.hydrant.bench.restore.FaultReplayRun.Mode;
import io.hydrant.bench.restore.FaultReplayRun.Result;
import io.hydrant.client.trace.Trace;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Recorded page faults of real machines, asked again: how many pages were there already. */
public final class Faults implements Scenario {
  private static final double PERCENT = 100;

  @Override
  public String name() {
    return "faults";
  }

  @Override
  public String purpose() {
    return "recorded page faults asked again, caches cold: what was there, in vain, and waited for";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    Report.Builder report = Report.builder();
    for (Trace trace : Traces.of(lab)) {
      if (trace.faultRecordings().isEmpty()) {
        report.note(trace.name() + " has no recorded faults");
        continue;
      }
      tell(report, trace.name(), new FaultReplayRun(lab, trace).run());
    }
    return report
        .note(
            "each recording on its own, the next page asked when the last has come, with the recording's computing time between; learned: from the trace's other recordings")
        .note(
            "in vain: fetched ahead and not touched in that recording; nothing is filled meanwhile")
        .build();
  }

  private static void tell(Report.Builder report, String trace, List<Result> results) {
    report
        .row(
            Row.held(
                trace + ": there when touched, learned",
                series("%", results, Mode.LEARNED, result -> PERCENT * result.there()),
                Bar.atLeast(85)))
        .row(
            Row.held(
                trace + ": fetched in vain, learned",
                series("%", results, Mode.LEARNED, result -> PERCENT * result.waste()),
                Bar.atMost(40)))
        .row(
            Row.held(
                trace + ": there when touched, cold",
                series("%", results, Mode.COLD, result -> PERCENT * result.there()),
                Bar.atLeast(75)))
        .row(
            Row.held(
                trace + ": fetched in vain, cold",
                series("%", results, Mode.COLD, result -> PERCENT * result.waste()),
                Bar.atMost(50)))
        .row(
            Row.compared(
                trace + ": waited in all, learned, against on demand only",
                series("ms", results, Mode.LEARNED, Result::waitMillis),
                series("ms", results, Mode.ON_DEMAND, Result::waitMillis),
                Bar.ratioAtMost(0.25)))
        .row(
            Row.told(
                trace + ": waited in all, cold",
                series("ms", results, Mode.COLD, Result::waitMillis)));
    int wrong = results.stream().mapToInt(Result::wrong).sum();
    if (wrong > 0) {
      report.violation(trace + ": " + wrong + " pages were not what the machine had");
    }
  }

  private static Series series(
      String unit, List<Result> results, Mode mode, ToDoubleFunction<Result> value) {
    return new Series(
        unit,
        results.stream()
            .filter(result -> result.mode() == mode)
            .map(result -> value.applyAsDouble(result))
            .toList());
  }
}
