package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.flip.FlipRun;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreProcess;
import java.util.List;
import java.util.stream.Stream;

/** Bits that turn over on one replica's disk: all are found by one pass, and none is served. */
public final class Flips implements Scenario {
  private static final int INCREMENTS = 10;

  /**
   * Small segments, so that there are headers and footers enough to be struck; a pass goes as fast
   * as the disk. Room is never low, and never so much that tracts would be consolidated because
   * they are read: what was struck would be gone before the pass comes to it.
   */
  private static final List<String> SETTINGS =
      List.of(
          "storage.segment-bytes=4m",
          "storage.append-buffer-bytes=3m",
          "storage.capacity-bytes=16g",
          "cleaning.low-room-bytes=10g",
          "cleaning.bytes-per-second=1g",
          "scrub.bytes-per-second-max=1g");

  /** The cleaner fills segments with survivors. */
  private static final List<String> FILLING = List.of("cleaning.space-percent=130");

  /** It moves nothing but what lies in damaged segments. */
  private static final List<String> STILL = List.of("cleaning.space-percent=100000");

  @Override
  public String name() {
    return "flips";
  }

  @Override
  public String purpose() {
    return "100 bits turn over on one replica's disk: found by one scrub, repaired, never served";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int images = lab.scale().pick(6, 4, 3);
    long imageBytes = lab.scale().pick(128L << 20, 48L << 20, 16L << 20);
    int count = lab.scale().pick(100, 100, 20);
    Report.Builder report =
        Report.builder()
            .setting("flips", count)
            .setting("images", images)
            .setting("image_bytes", imageBytes)
            .setting("increments", INCREMENTS)
            .setting("seed", lab.options().seed());
    FlipRun.Result group = oneOfThree(lab, new FlipRun(lab, images, imageBytes, INCREMENTS, count));
    tell(report, "one of three", count, group);
    report
        .row(held("one of three: findings of the second pass", group.secondFindings(), 0))
        .row(held("one of three: pages refused after the repair", group.refusedPages(), 0))
        .row(
            Row.told(
                "one of three: from the end of the pass until nothing is damaged",
                Series.single("s", group.repairSeconds())));
    FlipRun.Result single = alone(lab, new FlipRun(lab, images, imageBytes, INCREMENTS, count));
    tell(report, "alone", count, single);
    report.row(
        held(
            "alone: flips in pages reported with image, checkpoint and page",
            single.pageNamed(),
            single.found().getLast().flips()));
    report.row(
        told("alone: pages of retained checkpoints refused in the end", single.refusedPages()));
    return report
        .note(
            "a fifth of the bits each in header blocks, footers and record headers of sealed segments, the rest in pages that a retained checkpoint shows; each in another record")
        .note(
            "served: to a reader that asks the struck server alone, past the library's checks, before, during and after the pass; every page compared with what was written")
        .note(
            "in the end all retained checkpoints are read from the struck server alone; alone, exactly the struck pages must be refused")
        .build();
  }

  private static FlipRun.Result oneOfThree(Lab lab, FlipRun run) throws Exception {
    try (StoreGroup servers = lab.startGroup("group", joined(FILLING));
        StoreClient client = StoreClient.connect(servers)) {
      int follower = (servers.awaitCalm() + 1) % StoreGroup.MEMBERS;
      run.fill(client, servers.process(follower));
      servers.process(follower).stop();
      servers.launch(follower, STILL);
      servers.process(follower).awaitReady();
      servers.awaitDrained();
      return run.strike(
          new FlipRun.Target(client, servers.process(follower), servers.data(follower), false));
    }
  }

  private static FlipRun.Result alone(Lab lab, FlipRun run) throws Exception {
    String data = "alone";
    List<String> heap = List.of("-Xmx" + lab.options().heap());
    try (StoreProcess server = lab.startStore(data, heap, joined(FILLING));
        StoreClient client = StoreClient.connect(server)) {
      run.fill(client, server);
      server.stop();
    }
    try (StoreProcess server = lab.startStore(data, heap, joined(STILL));
        StoreClient client = StoreClient.connect(server)) {
      return run.strike(new FlipRun.Target(client, server, lab.directory().resolve(data), true));
    }
  }

  private static List<String> joined(List<String> cleaning) {
    return Stream.concat(SETTINGS.stream(), cleaning.stream()).toList();
  }

  private static void tell(Report.Builder report, String who, int count, FlipRun.Result result) {
    report.row(held(who + ": flips found by one pass", result.foundCount(), count));
    for (FlipRun.Found found : result.found()) {
      report.row(
          told("%s: of %d in %s".formatted(who, found.flips(), found.kind()), found.found()));
    }
    report
        .row(told(who + ": of these, only the file is named", result.fileNamed()))
        .row(told(who + ": not found, their segments were given back before", result.gone()))
        .row(held(who + ": pages served wrong", result.wrongPages(), 0))
        .row(told(who + ": pages served right", result.served().right() + result.pagesRead()))
        .row(told(who + ": pages refused as damaged meanwhile", result.served().damaged()))
        .row(held(who + ": restores that failed otherwise", result.served().failures().size(), 0))
        .row(Row.told(who + ": the pass", Series.single("s", result.passSeconds())))
        .row(
            Row.told(
                who + ": bytes it went through", Series.single("MB", result.passBytes() / 1e6)))
        .row(told(who + ": sealed segments", result.segments()))
        .row(told(who + ": of these with survivors", result.survivors()))
        .row(told(who + ": dead pages in them", result.deadPages()));
    result.violations().forEach(what -> report.violation(who + ": " + what));
    result.served().failures().forEach(what -> report.note(who + ": a restore failed: " + what));
  }

  private static Row held(String name, double value, double wanted) {
    return Row.held(name, Series.single("", value), Bar.exactly(wanted));
  }

  private static Row told(String name, double value) {
    return Row.told(name, Series.single("", value));
  }
}
