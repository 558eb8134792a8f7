package io.hydrant.bench.report;

import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.cli.output.Json;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * A report as one line of JSON: what docs/benchmarks.md describes member by member.
 *
 * @param scenario its name
 * @param at when it ended
 * @param machine it ran on
 * @param calibration figures of the same run
 */
public record ReportLine(
    String scenario, Instant at, Machine machine, List<Row> calibration, Report report) {
  /** Grows when a member changes its meaning. */
  private static final int FORMAT = 1;

  @Override
  public String toString() {
    return new Json()
        .put("format", FORMAT)
        .put("scenario", scenario)
        .put("at", at.toString())
        .put("commit", machine.commit())
        .put("machine", machineJson())
        .put("settings", mapJson(report.settings()))
        .put("calibration", calibration.stream().map(ReportLine::rowJson).toList())
        .put("rows", report.rows().stream().map(ReportLine::rowJson).toList())
        .put("notes", report.notes())
        .put("violations", report.violations())
        .put("met", report.met())
        .toString();
  }

  private Json machineJson() {
    return new Json()
        .put("cores", machine.cores())
        .put("processor", machine.processor())
        .put("memory_bytes", machine.memoryBytes())
        .put("kernel", machine.kernel())
        .put("java", machine.java());
  }

  private static Json mapJson(Map<String, String> settings) {
    Json json = new Json();
    settings.forEach(json::put);
    return json;
  }

  private static Json rowJson(Row row) {
    Json json = new Json().put("name", row.name()).put("figure", seriesJson(row.figure()));
    if (row.bare() != null) {
      json.put("bare", seriesJson(row.bare()));
    }
    if (row.ratio().isPresent()) {
      json.put("ratio", row.ratio().getAsDouble());
    }
    if (!row.bars().isEmpty()) {
      json.put("bars", row.bars().stream().map(bar -> barJson(row, bar)).toList());
    }
    return json;
  }

  private static Json barJson(Row row, Bar bar) {
    return new Json().put("text", bar.text()).put("met", row.met(bar));
  }

  private static Json seriesJson(Series series) {
    return new Json()
        .put("unit", series.unit())
        .put("median", series.median())
        .put("least", series.least())
        .put("most", series.most())
        .put("rounds", series.rounds());
  }
}
