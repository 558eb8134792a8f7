package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.calibrate.Calibration;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.replace.ReplaceRun;
import io.hydrant.bench.store.StoreGroup;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/** A wiped member of a full group is replaced while checkpoints go on. */
public final class Replace implements Scenario {
  private static final double DISK_SHARE = 0.5;
  private static final double RATE_MAX = 250;
  private static final int ROUNDS = 3;

  @Override
  public String name() {
    return "replace";
  }

  @Override
  public String purpose() {
    return "a wiped member of a group with 8 GiB is replaced while checkpoints go on";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int images = lab.scale().pick(8, 2, 2);
    long imageBytes = lab.scale().pick(1L << 30, 512L << 20, 32L << 20);
    Duration calm = Duration.ofSeconds(lab.scale().pick(45, 20, 4));
    Series disk = Calibration.BRIEF.diskWrites(lab.directory());
    double limit = Math.min(DISK_SHARE * disk.median(), RATE_MAX);
    int rounds = lab.options().roundsOr(ROUNDS, 1);
    ReplaceRun.Result result;
    try (StoreGroup group = lab.startGroup("data", List.of())) {
      result = new ReplaceRun(lab, images, imageBytes).run(group, calm, rounds);
    }
    double bytes = (double) images * imageBytes;
    List<ReplaceRun.Round> ended = result.rounds();
    Report.Builder report =
        Report.builder()
            .row(
                Row.compared(
                    "pages copied, while pages were copied",
                    series("MB/s", ended, one -> one.copiedBytes() / 1e6 / one.copySeconds()),
                    disk,
                    Bar.atLeast(Math.floor(limit))))
            .row(
                Row.told(
                    "the images, over the whole replacement",
                    series("MB/s", ended, one -> bytes / 1e6 / one.seconds())))
            .row(
                Row.told(
                    "from the request until it votes",
                    series("s", ended, ReplaceRun.Round::seconds)))
            .row(
                Row.told(
                    "of it: while pages were copied",
                    series("s", ended, ReplaceRun.Round::copySeconds)))
            .row(
                Row.told(
                    "bytes copied, as the leader counts them",
                    series("MB", ended, one -> one.copiedBytes() / 1e6)));
    for (double percent : new double[] {50, 99}) {
      Bar[] bars = percent == 99 ? new Bar[] {Bar.ratioAtMost(2.5)} : new Bar[0];
      report.row(
          Row.compared(
              "commit p%.0f meanwhile, against calm".formatted(percent),
              series("ms", ended, one -> one.meanwhile().percentileMillis(percent)),
              series("ms", ended, one -> one.calm().percentileMillis(percent)),
              bars));
    }
    if (result.late() > 0) {
      report.note(
          "in %d of %d rounds the guests did not keep up even before the disk was lost: this machine does not carry the load"
              .formatted(result.late(), ended.size()));
    }
    result.failures().forEach(text -> report.violation("a guest's commit failed: " + text));
    return report
        .setting("images", images)
        .setting("image_bytes", imageBytes)
        .setting("guests", "3, 1 MB every 100 ms each")
        .setting(
            "commits",
            count(ended, ReplaceRun.Round::calm)
                + " calm, "
                + count(ended, ReplaceRun.Round::meanwhile))
        .note(
            "pages copied: as the leader counts them, by the time from the first to the last; the bar is the lower of half of what the disk writes and 250 MB/s")
        .note(
            "the whole replacement: pages of the images written before, by the time from the request until the new member votes")
        .note(
            "each round wipes a follower of the same group; its servers have compiled what they run since the first one, the new member begins anew")
        .note(
            "commits: open loop, from the moment when each was due; calm begins when the guests have kept up for ten seconds")
        .build();
  }

  private static Series series(
      String unit, List<ReplaceRun.Round> rounds, ToDoubleFunction<ReplaceRun.Round> figure) {
    return new Series(unit, rounds.stream().mapToDouble(figure).boxed().toList());
  }

  private static int count(
      List<ReplaceRun.Round> rounds, Function<ReplaceRun.Round, Latencies> commits) {
    return rounds.stream().map(commits).mapToInt(Latencies::count).sum();
  }
}
