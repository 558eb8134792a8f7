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

  private static final String ONE = "one";
  private static final String THREE = "three";
  private static final String IMAGE = "cadence";
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

  /**
   * What is measured on one node, or on three.
   *
   * @param duration of the measured part
   */
  private record Case(
      String nodes, GuestStream stream, boolean held, Duration duration, Cadence bare) {
    String name() {
      return name(nodes, stream);
    }

    static String name(String nodes, GuestStream stream) {
      return nodes + ": " + stream.name();
    }
  }

  private record Guest(GuestStream stream, boolean held, Duration duration) {}

  @Override
  public Report run(Lab lab) throws Exception {
    List<Case> one = new ArrayList<>();
    List<Case> three = new ArrayList<>();
    for (Guest each : guests(lab)) {
      GuestStream stream = each.stream();
      boolean onOne = isWanted(lab, ONE, stream);
      boolean onThree = isWanted(lab, THREE, stream);
      if (!onOne && !onThree) {
        continue;
      }
      lab.say("%s: bare timer and fdatasync: %s ...", name(), stream.name());
      Cadence bare =
          BareLoop.run(lab.directory(), stream.interval(), stream.meanBytes(), each.duration());
      if (onOne) {
        one.add(new Case(ONE, stream, false, each.duration(), bare));
      }
      if (onThree) {
        three.add(new Case(THREE, stream, each.held(), each.duration(), bare));
      }
    }
    if (one.isEmpty() && three.isEmpty()) {
      throw new IllegalArgumentException(
          "no case's name contains '%s'; a name is '%s: HPC-C, 1.7 MB every 25 ms'"
              .formatted(lab.options().cases(), THREE));
    }
    Report.Builder report = Report.builder();
    if (!one.isEmpty()) {
      try (StoreProcess store =
              lab.startStore("one", List.of("-Xmx" + lab.options().heap()), List.of());
          StoreClient client = StoreClient.connect(store)) {
        warmUp(lab, client, one.getFirst().stream());
        for (Case each : one) {
          measure(lab, report, client, each);
        }
      }
    }
    if (!three.isEmpty()) {
      try (StoreGroup group = lab.startGroup("three", List.of());
          StoreClient client = StoreClient.connect(group)) {
        warmUp(lab, client, three.getFirst().stream());
        long term = group.term();
        for (Case each : three) {
          measure(lab, report, client, each);
        }
        report.row(Row.told("three: elections meanwhile", Series.single("", group.term() - term)));
      }
    }
    return report
        .note(
            "open loop; latencies count from the moment when a checkpoint was due; missed: acknowledged later than one interval after it")
        .note(
            "against: a timer that writes as many bytes into one file with an fdatasync, missed alike")
        .build();
  }

  private static boolean isWanted(Lab lab, String nodes, GuestStream stream) {
    return Case.name(nodes, stream).contains(lab.options().cases());
  }

  private static List<Guest> guests(Lab lab) throws IOException {
    Duration duration = Duration.ofSeconds(lab.scale().pick(60, 15, 2));
    Duration ofTraces = Duration.ofSeconds(lab.scale().pick(30, 10, 2));
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    List<Guest> guests = new ArrayList<>();
    for (Load load : LOADS) {
      GuestStream stream =
          new SyntheticStream(
              load.name(), THESIS_INTERVAL, load.bytes(), pool, lab.options().seed());
      guests.add(new Guest(stream, load.held(), duration));
    }
    for (Trace trace : Traces.of(lab)) {
      TraceSteps steps = new TraceSteps(trace);
      for (Duration interval : TRACE_INTERVALS) {
        guests.add(new Guest(new TraceStream(steps, interval), false, ofTraces));
      }
    }
    return lab.scale() == Scale.QUICK ? List.of(guests.getFirst(), guests.getLast()) : guests;
  }

  /**
   * Servers that have just started compile themselves for a while, on the cores that the others
   * need: nobody protects a machine with a store that was started that moment.
   */
  private void warmUp(Lab lab, StoreClient client, GuestStream stream) throws Exception {
    Duration duration = Duration.ofSeconds(lab.scale().pick(120, 30, 1));
    lab.say("%s: %d s to warm up ...", name(), duration.toSeconds());
    try (ProtectionStream protection = client.protect(IMAGE, stream.isCompressible())) {
      OpenLoop warm = new OpenLoop(stream, protection);
      warm.run(warm.begin(), duration);
    }
    client.delete(IMAGE);
  }

  private void measure(Lab lab, Report.Builder report, StoreClient client, Case each)
      throws Exception {
    GuestStream stream = each.stream();
    Cadence cadence;
    List<String> failures;
    try (ProtectionStream protection = client.protect(IMAGE, stream.isCompressible())) {
      OpenLoop warm = new OpenLoop(stream, protection);
      warm.run(warm.begin(), each.duration().dividedBy(WARMUP_PART));
      OpenLoop loop = new OpenLoop(stream, protection);
      cadence = loop.run(protection.head().orElseThrow(), each.duration());
      failures = Stream.concat(warm.failures().stream(), loop.failures().stream()).toList();
    }
    client.delete(IMAGE);
    lab.say(
        "%s: %s: p50 %.1f ms, p99 %.1f ms, %.2f %% missed, %d in a row at most",
        name(),
        each.name(),
        cadence.millis(50),
        cadence.millis(99),
        cadence.missedPercent(),
        cadence.longestRun());
    tell(report, each, cadence);
    failures.forEach(text -> report.note(each.name() + ": " + text));
  }

  private static void tell(Report.Builder report, Case each, Cadence cadence) {
    String name = each.name();
    Cadence bare = each.bare();
    Bar[] missed = each.held() ? new Bar[] {Bar.atMost(MISSED_PERCENT_MAX)} : new Bar[0];
    Bar[] run = each.held() ? new Bar[] {Bar.atMost(RUN_MAX)} : new Bar[0];
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
