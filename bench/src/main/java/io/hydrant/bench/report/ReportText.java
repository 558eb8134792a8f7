package io.hydrant.bench.report;

import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.cli.output.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** A report as people read it. */
public final class ReportText {
  private ReportText() {}

  /** The table, then notes, then what was violated. */
  public static List<String> lines(Report report) {
    Table table =
        new Table("figure", ">measured", ">spread", ">against", ">spread", ">ratio", "bar", "");
    report.rows().forEach(row -> add(table, row));
    List<String> lines = new ArrayList<>(table.lines());
    report.notes().forEach(note -> lines.add("note: " + note));
    report.violations().forEach(violation -> lines.add("VIOLATION: " + violation));
    return lines;
  }

  /** Figures without comparison, one a line. */
  public static List<String> calibration(List<Row> rows) {
    Table table = new Table("calibration", ">measured", ">spread");
    for (Row row : rows) {
      Series figure = row.figure();
      table.row(row.name(), Figures.text(figure.median(), figure.unit()), spread(figure));
    }
    return table.lines();
  }

  private static void add(Table table, Row row) {
    Series figure = row.figure();
    Series bare = row.bare();
    table.row(
        row.name(),
        Figures.text(figure.median(), figure.unit()),
        spread(figure),
        bare == null ? "" : Figures.text(bare.median(), bare.unit()),
        bare == null ? "" : spread(bare),
        row.ratio().isEmpty() ? "" : Figures.text(row.ratio().getAsDouble()),
        row.bars().stream().map(Bar::text).collect(Collectors.joining(", ")),
        verdict(row));
  }

  private static String verdict(Row row) {
    if (row.bars().isEmpty()) {
      return "";
    }
    return row.met() ? "met" : "MISSED";
  }

  private static String spread(Series series) {
    return Figures.spread(series.spread(), series.rounds().size());
  }
}
