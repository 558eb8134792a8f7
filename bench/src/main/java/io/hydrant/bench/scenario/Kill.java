package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.kill.KillRun;
import io.hydrant.bench.kill.TraceSteps;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.client.trace.Trace;

/** Replays of recorded traces into servers that are killed: nothing acknowledged is lost. */
public final class Kill implements Scenario {
  @Override
  public String name() {
    return "kill";
  }

  @Override
  public String purpose() {
    return "traces replayed flat out into a server that is killed at random moments";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int kills = lab.options().rounds().orElse(lab.scale().pick(20, 10, 3));
    Report.Builder report = Report.builder().setting("kills_per_trace", kills);
    report.setting("seed", lab.options().seed());
    for (Trace trace : Traces.of(lab)) {
      TraceSteps steps = new TraceSteps(trace);
      KillRun.Result result = new KillRun(lab, steps).run(kills);
      tell(report, steps.name(), result);
    }
    return report
        .note(
            "every restore is compared by SHA-256 of the whole memory and byte by byte of the slim state")
        .note("the same kills again: --seed " + lab.options().seed())
        .build();
  }

  private static void tell(Report.Builder report, String trace, KillRun.Result result) {
    report
        .row(told(trace + ": kills", result.kills()))
        .row(told(trace + ": of these during start-up", result.killedBeforeReady()))
        .row(told(trace + ": checkpoints acknowledged", result.acknowledged()))
        .row(told(trace + ": committed though unanswered", result.found()))
        .row(told(trace + ": in flight and wholly absent", result.absent()))
        .row(told(trace + ": images restored and compared", result.restores()));
    result.violations().forEach(each -> report.violation(trace + ": " + each));
  }

  private static Row told(String name, int count) {
    return Row.told(name, Series.single("", count));
  }
}
