package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.kill.KillRun;
import io.hydrant.bench.kill.TraceSteps;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.client.trace.Trace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Replays of recorded traces into servers that are killed: nothing acknowledged is lost. */
public final class Kill implements Scenario {
  private static final String BUNDLED = "redis-window-16m";

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
    for (Trace trace : traces(lab)) {
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

  /**
   * All below the directory that was named, the smallest first; a smoke run takes only that one.
   */
  private static List<Trace> traces(Lab lab) throws IOException {
    List<Trace> traces = new ArrayList<>();
    if (lab.options().traces().isPresent()) {
      for (Path directory : directories(lab.options().traces().get())) {
        traces.add(Trace.open(directory));
      }
    } else {
      traces.add(Trace.bundled(BUNDLED));
    }
    if (traces.isEmpty()) {
      throw new IllegalArgumentException(
          "no trace in "
              + lab.options().traces().orElseThrow()
              + ": no directory there has a trace.json");
    }
    traces.sort(Comparator.comparing(Trace::memoryBytes).thenComparing(Trace::name));
    return lab.scale() == Scale.QUICK ? traces.subList(0, 1) : traces;
  }

  private static List<Path> directories(Path directory) throws IOException {
    if (isTrace(directory)) {
      return List.of(directory);
    }
    try (Stream<Path> below = Files.list(directory)) {
      return below.filter(Kill::isTrace).sorted().toList();
    }
  }

  private static boolean isTrace(Path directory) {
    return Files.isRegularFile(directory.resolve("trace.json"));
  }
}
