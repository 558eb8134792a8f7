package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.cadence.BareLoop;
import io.hydrant.bench.cadence.Cadence;
import io.hydrant.bench.cadence.GuestStream;
import io.hydrant.bench.cadence.OpenLoop;
import io.hydrant.bench.cadence.StoreSender;
import io.hydrant.bench.cadence.SyntheticStream;
import io.hydrant.bench.cadence.TraceStream;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.kill.TraceSteps;
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

/** Checkpoints at fixed moments, open loop, on one node and on three: latencies and misses. */
public final class CadenceTable implements Scenario {
  private static final Duration THESIS_INTERVAL = Duration.ofMillis(25);
  private static final List<Duration> TRACE_INTERVALS =
      List.of(Duration.ofSeconds(1), Duration.ofMillis(250), Duration.ofMillis(100));

  private static final String ONE = "one";
  private static final String THREE = "three";
  private static final String IMAGE = "cadence";
  private static final int POOL_PAGES = 64 << 10;

  /** Instead of {@link Sizes#RECYCLED_BYTES} where figures mean nothing. */
  private static final long SMOKE_FILE_BYTES = 16L << 20;

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
      onOne(lab, report, one);
    }
    if (!three.isEmpty()) {
      onThree(lab, report, three);
    }
    return report
        .note(
            "open loop; latencies count from the moment when a checkpoint was due; missed: acknowledged later than one interval after it")
        .note(
            "against: a timer that writes as many bytes into one file with an fdatasync, missed alike")
        .build();
  }

  private void onOne(Lab lab, Report.Builder report, List<Case> cases) throws Exception {
    try (StoreProcess store =
            lab.startStore("one", List.of("-Xmx" + lab.options().heap()), List.of());
        StoreClient client = StoreClient.connect(store)) {
      warmUp(lab, client, cases.getFirst().stream());
      for (Case each : cases) {
        PacedRun run = measure(lab, client, each, store::accounts);
        CadenceRows.timer(report, each.name(), each.held(), run.cadence(), each.bare());
        note(report, each.name(), run);
      }
    }
  }

  private void onThree(Lab lab, Report.Builder report, List<Case> cases) throws Exception {
    List<PacedRun> fanOuts = fanOut(lab, cases);
    try (StoreGroup group = lab.startGroup("three", List.of());
        StoreClient client = StoreClient.connect(group)) {
      warmUp(lab, client, cases.getFirst().stream());
      long term = group.term();
      for (int i = 0; i < cases.size(); i++) {
        Case each = cases.get(i);
        PacedRun run = measure(lab, client, each, group::accounts);
        CadenceRows.timer(report, each.name(), each.held(), run.cadence(), each.bare());
        CadenceRows.fanOut(report, each.name(), run, fanOuts.get(i));
        note(report, each.name(), run);
        note(report, each.name() + ": bare fan-out", fanOuts.get(i));
      }
      report.row(Row.told("three: elections meanwhile", Series.single("", group.term() - term)));
    }
    report
        .note(
            "against a bare fan-out: the same messages through gRPC to three processes that write and sync them, a majority acknowledges; at the same moments, warmed up as long, before the group was started")
        .note(
            "CPU per checkpoint: user and system time of the three servers and of this process, by the checkpoints that were acknowledged");
  }

  /** All cases through a bare fan-out, whose processes have ended when this returns. */
  private List<PacedRun> fanOut(Lab lab, List<Case> cases) throws Exception {
    List<PacedRun> runs = new ArrayList<>();
    try (FanOutCadence bare = FanOutCadence.start(lab, fanOutFileBytes(lab))) {
      Duration warmup = warmup(lab);
      lab.say("%s: bare fan-out: %d s to warm up ...", name(), warmup.toSeconds());
      bare.warmUp(cases.getFirst().stream(), warmup);
      for (Case each : cases) {
        PacedRun run = bare.measure(each.stream(), each.duration());
        lab.say("%s: %s: bare fan-out: %s", name(), each.name(), run.text());
        runs.add(run);
      }
    }
    return runs;
  }

  private static void note(Report.Builder report, String name, PacedRun run) {
    run.failures().forEach(text -> report.note(name + ": " + text));
  }

  private static long fanOutFileBytes(Lab lab) {
    return lab.scale().pick(Sizes.RECYCLED_BYTES, Sizes.RECYCLED_BYTES, SMOKE_FILE_BYTES);
  }

  private static Duration warmup(Lab lab) {
    return Duration.ofSeconds(lab.scale().pick(120, 30, 1));
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
    Duration duration = warmup(lab);
    lab.say("%s: %d s to warm up ...", name(), duration.toSeconds());
    try (ProtectionStream protection = client.protect(IMAGE, stream.isCompressible())) {
      StoreSender sender = new StoreSender(stream, protection);
      sender.begin();
      new OpenLoop(stream.interval(), sender).run(duration);
    }
    client.delete(IMAGE);
  }

  private PacedRun measure(Lab lab, StoreClient client, Case each, Accounts servers)
      throws Exception {
    GuestStream stream = each.stream();
    PacedRun run;
    try (ProtectionStream protection = client.protect(IMAGE, stream.isCompressible())) {
      StoreSender sender = new StoreSender(stream, protection);
      sender.begin();
      run =
          PacedRun.measure(stream.interval(), sender, each.duration(), servers)
              .after(sender.failures());
    }
    client.delete(IMAGE);
    lab.say("%s: %s: %s", name(), each.name(), run.text());
    return run;
  }
}
