package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.cadence.BareLoop;
import io.hydrant.bench.cadence.Cadence;
import io.hydrant.bench.cadence.GuestStream;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.cadence.SyntheticStream;
import io.hydrant.bench.cadence.TraceStream;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.kill.TraceSteps;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.trace.Trace;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Checkpoints at fixed moments, open loop, on one node and on three: latencies and misses. */
public final class CadenceTable implements Scenario {
  private static final Duration THESIS_INTERVAL = Duration.ofMillis(25);
  private static final List<Duration> TRACE_INTERVALS =
      List.of(Duration.ofSeconds(1), Duration.ofMillis(250), Duration.ofMillis(100));

  private static final double MISSED_PERCENT_MAX = 0.2;
  private static final int RUN_MAX = 2;

  /** Of the measured time, before it. */
  private static final int WARMUP_PART = 6;

  private static final String THREE = "three";
  private static final int POOL_PAGES = 64 << 10;

  @Override
  public String name() {
    return "cadence";
  }

  @Override
  public String purpose() {
    return "checkpoints due at fixed moments, on one node and on three: latencies and misses";
  }

  /** A load of the thesis, and whether a bar is held against it. */
  private record Load(String name, long bytes, boolean held) {}

  private static final List<Load> LOADS =
      List.of(
          new Load("HPC-C", 1_700_000, true),
          new Load("RUBiS", 3_700_000, true),
          new Load("FFmpeg", 5_400_000, true),
          new Load("VoltDB", 9_600_000, false));

  /** How many nodes, and the number of the case. */
  private record Side(String nodes, int number) {}

  private record Case(GuestStream stream, boolean held, Duration duration) {}

  @Override
  public Report run(Lab lab) throws Exception {
    List<Case> cases = cases(lab);
    Report.Builder report = Report.builder();
    List<Cadence> bare = new ArrayList<>();
    for (Case each : cases) {
      GuestStream stream = each.stream();
      lab.say("%s: bare timer and fdatasync: %s ...", name(), stream.name());
      bare.add(
          BareLoop.run(lab.directory(), stream.interval(), stream.meanBytes(), each.duration()));
    }
    try (StoreProcess store =
            lab.startStore("one", List.of("-Xmx" + lab.options().heap()), List.of());
        StoreClient client = StoreClient.connect(store)) {
      for (int i = 0; i < cases.size(); i++) {
        measure(lab, report, new Side("one", i), client, cases.get(i), bare.get(i));
      }
    }
    try (StoreGroup group = lab.startGroup("three", List.of());
        StoreClient client = StoreClient.connect(group)) {
      long term = group.term();
      for (int i = 0; i < cases.size(); i++) {
        measure(lab, report, new Side(THREE, i), client, cases.get(i), bare.get(i));
      }
      report.row(Row.told("three: elections meanwhile", Series.single("", group.term() - term)));
    }
    return report
        .setting("seconds_of_each", cases.getFirst().duration().toSeconds())
        .note(
            "open loop; latencies count from the moment when a checkpoint was due; missed: acknowledged later than one interval after it")
        .note(
            "against: a timer that writes as many bytes into one file with an fdatasync, missed alike")
        .build();
  }

  private static List<Case> cases(Lab lab) throws IOException {
    Duration duration = Duration.ofSeconds(lab.scale().pick(60, 15, 2));
    Duration ofTraces = Duration.ofSeconds(lab.scale().pick(30, 10, 2));
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    List<Case> cases = new ArrayList<>();
    for (Load load : LOADS) {
      GuestStream stream =
          new SyntheticStream(
              load.name(), THESIS_INTERVAL, load.bytes(), pool, lab.options().seed());
      cases.add(new Case(stream, load.held(), duration));
    }
    for (Trace trace : Traces.of(lab)) {
      TraceSteps steps = new TraceSteps(trace);
      for (Duration interval : TRACE_INTERVALS) {
        cases.add(new Case(new TraceStream(steps, interval), false, ofTraces));
      }
    }
    return lab.scale() == Scale.QUICK ? List.of(cases.getFirst(), cases.getLast()) : cases;
  }

  private void measure(
      Lab lab, Report.Builder report, Side side, StoreClient client, Case each, Cadence bare)
      throws Exception {
    GuestStream stream = each.stream();
    String image = "cadence-" + side.number();
    String nodes = side.nodes();
    Cadence cadence;
    List<String> failures;
    try (ProtectionStream protection = client.protect(image, stream.isCompressible())) {
      OpenLoop warm = new OpenLoop(stream, protection);
      warm.run(warm.begin(), each.duration().dividedBy(WARMUP_PART));
      OpenLoop loop = new OpenLoop(stream, protection);
      cadence = loop.run(protection.head().orElseThrow(), each.duration());
      failures = Stream.concat(warm.failures().stream(), loop.failures().stream()).toList();
    }
    client.delete(image);
    lab.say(
        "%s: %s: %s: p50 %.1f ms, p99 %.1f ms, %.2f %% missed, %d in a row at most",
        name(),
        nodes,
        stream.name(),
        cadence.millis(50),
        cadence.millis(99),
        cadence.missedPercent(),
        cadence.longestRun());
    tell(report, nodes + ": " + stream.name(), cadence, bare, each.held() && nodes.equals(THREE));
    failures.forEach(text -> report.note(nodes + ": " + stream.name() + ": " + text));
  }

  private static void tell(
      Report.Builder report, String name, Cadence cadence, Cadence bare, boolean held) {
    Bar[] missed = held ? new Bar[] {Bar.atMost(MISSED_PERCENT_MAX)} : new Bar[0];
    Bar[] run = held ? new Bar[] {Bar.atMost(RUN_MAX)} : new Bar[0];
    report
        .row(Row.compared(name + ": p50", millis(cadence, 50), millis(bare, 50)))
        .row(Row.compared(name + ": p99", millis(cadence, 99), millis(bare, 99)))
        .row(
            Row.compared(
                name + ": missed",
                Series.single("%", cadence.missedPercent()),
                Series.single("%", bare.missedPercent()),
                missed))
        .row(
            Row.compared(
                name + ": missed in a row",
                Series.single("", cadence.longestRun()),
                Series.single("", bare.longestRun()),
                run));
  }

  private static Series millis(Cadence cadence, double percent) {
    return Series.single("ms", cadence.millis(percent));
  }
}
