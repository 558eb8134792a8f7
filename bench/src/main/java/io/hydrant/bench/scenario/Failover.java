package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.failover.FailoverRun;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.StoreGroup;
import java.util.List;

/** The pause that a protector sees when the leader of its group is killed. */
public final class Failover implements Scenario {
  private static final double[] HISTOGRAM_MILLIS = {
    400, 500, 600, 700, 800, 900, 1_000, 1_250, 1_500, 2_000, 2_500
  };

  @Override
  public String name() {
    return "failover";
  }

  @Override
  public String purpose() {
    return "the leader of three processes is killed under load: time to the next acknowledged commit";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int kills = lab.options().rounds().orElse(lab.scale().pick(30, 10, 2));
    long imageBytes = lab.scale().pick(256L << 20, 128L << 20, 32L << 20);
    FailoverRun.Result result;
    try (StoreGroup group = lab.startGroup("data", List.of())) {
      result = new FailoverRun(lab, imageBytes).run(group, kills);
    }
    return report(result)
        .setting("kills", kills)
        .setting("image_bytes", imageBytes)
        .setting("election_timeout_millis", electionTimeout(lab))
        .build();
  }

  private static Report.Builder report(FailoverRun.Result result) {
    Series gaps = new Series("ms", result.gaps());
    Report.Builder report =
        Report.builder()
            .row(Row.held("gap to the next acknowledged commit, median", gaps, Bar.atMost(1_000)))
            .row(
                Row.held(
                    "gap to the next acknowledged commit, worst",
                    Series.single("ms", gaps.most()),
                    Bar.atMost(2_500)))
            .row(
                Row.told(
                    "of it: until a survivor knows a new leader",
                    new Series("ms", result.elected())))
            .row(Row.told("of it: until the new leader serves", new Series("ms", result.ready())))
            .row(
                Row.told(
                    "of it: from then to the acknowledgement",
                    new Series("ms", result.afterReady())))
            .row(held("restore errors", result.restoreFailures().size()))
            .row(held("errors that the protector saw", result.protectorFailures().size()))
            .row(told("commits acknowledged", result.commits()))
            .row(told("whole restores meanwhile", result.restores()))
            .row(
                Row.told(
                    "slowest read of 8 MiB, or of 16 single pages",
                    Series.single("ms", result.slowestReadMillis())))
            .row(told("kills while a member still lacked bytes", result.incomplete()));
    histogram(report, result.gaps());
    result.violations().forEach(report::violation);
    result.restoreFailures().forEach(text -> report.note("restore error: " + text));
    result.protectorFailures().forEach(text -> report.note("protector's error: " + text));
    return report
        .note(
            "a gap is the longest silence between two acknowledgements since the kill, from the last one before it")
        .note(
            "in the end the image is restored and compared with what was acknowledged, page by page");
  }

  private static void histogram(Report.Builder report, List<Double> gaps) {
    double from = 0;
    for (double to : HISTOGRAM_MILLIS) {
      bucket(report, gaps, from, to, "gaps from %.0f to %.0f ms".formatted(from, to));
      from = to;
    }
    bucket(report, gaps, from, Double.MAX_VALUE, "gaps above %.0f ms".formatted(from));
  }

  private static void bucket(
      Report.Builder report, List<Double> gaps, double from, double to, String name) {
    long count = gaps.stream().filter(gap -> gap >= from && gap < to).count();
    if (count > 0) {
      report.row(told(name, count));
    }
  }

  private static Row told(String name, double value) {
    return Row.told(name, Series.single("", value));
  }

  private static Row held(String name, double count) {
    return Row.held(name, Series.single("", count), Bar.exactly(0));
  }

  private static String electionTimeout(Lab lab) {
    String key = "cluster.election-timeout-millis=";
    return lab.options().serverSettings().stream()
        .filter(setting -> setting.startsWith(key))
        .map(setting -> setting.substring(key.length()))
        .reduce((earlier, later) -> later)
        .orElse("the default");
  }
}
