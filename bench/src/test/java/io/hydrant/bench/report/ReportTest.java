package io.hydrant.bench.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReportTest {
  private static final Report REPORT =
      Report.builder()
          .row(
              Row.compared(
                  "ingest",
                  new Series("MB/s", List.of(480.0, 500.0, 520.0)),
                  new Series("MB/s", List.of(1_000.0)),
                  Bar.ratioAtLeast(0.6),
                  Bar.atLeast(300)))
          .row(Row.told("server CPU", Series.single("s/GB", 1.25)))
          .setting("bytes", 4096)
          .note("smoke")
          .violation("checkpoint 7 is lost")
          .build();

  @Test
  void peopleSeeFigureBareRatioBarAndVerdict() {
    assertEquals(
        """
        figure        measured  spread     against  spread  ratio  bar
        ingest        500 MB/s      8%  1,000 MB/s          0.500  >= 0.6 x, >= 300  MISSED
        server CPU  1.250 s/GB
        note: smoke
        VIOLATION: checkpoint 7 is lost\
        """,
        String.join("\n", ReportText.lines(REPORT)));
  }

  @Test
  void machinesGetOneLineWithEveryRound() {
    String line =
        new ReportLine(
                "ingest",
                Instant.EPOCH,
                new Machine("abc", 2, 1L << 34, "cpu", "Linux 6", "25"),
                List.of(Row.told("disk", Series.single("MB/s", 2_000))),
                REPORT)
            .toString();
    assertEquals(1, line.lines().count());
    assertTrue(line.contains("\"commit\":\"abc\""), line);
    assertTrue(line.contains("\"rounds\":[480.0,500.0,520.0]"), line);
    assertTrue(line.contains("\"ratio\":0.5"), line);
    assertTrue(line.contains("{\"text\":\">= 0.6 x\",\"met\":false}"), line);
    assertTrue(line.contains("\"settings\":{\"bytes\":\"4096\"}"), line);
    assertTrue(line.contains("\"violations\":[\"checkpoint 7 is lost\"]"), line);
    assertTrue(line.endsWith("\"met\":false}"), line);
  }

  @Test
  void theMachineIsDescribed() throws Exception {
    Machine machine = Machine.describe(Path.of("").toAbsolutePath());
    assertTrue(machine.cores() > 0);
    assertTrue(machine.memoryBytes() > 1 << 20);
    assertTrue(machine.kernel().startsWith("Linux"));
  }
}
