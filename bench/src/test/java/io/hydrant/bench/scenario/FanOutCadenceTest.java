package io.hydrant.bench.scenario;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Options;
import io.hydrant.bench.Scale;
import io.hydrant.bench.cadence.Cadence;
import io.hydrant.bench.cadence.SyntheticStream;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.process.JvmCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bare side at a tiny scale, with processes of its own as in a run. */
class FanOutCadenceTest {
  private static final Duration INTERVAL = Duration.ofMillis(20);
  private static final long FILE_BYTES = 4 << 20;
  private static final long MILLI = 1_000_000;

  @TempDir Path directory;

  private Lab lab() {
    Options options =
        new Options(
            Scale.QUICK,
            OptionalInt.empty(),
            11,
            directory,
            Optional.empty(),
            "128m",
            List.of(),
            "");
    Path root = Path.of("..").toAbsolutePath().normalize();
    return new Lab(options, JvmCommand.asThisProcess(root), directory, System.err);
  }

  @Test
  void everyCheckpointOfACaseGoesThroughThreeProcesses() throws Exception {
    PagePool pool = new PagePool(4, 2_048);
    SyntheticStream guest = new SyntheticStream("tiny", INTERVAL, 1_000_000, pool, 11);
    try (FanOutCadence bare = FanOutCadence.start(lab(), FILE_BYTES)) {
      bare.warmUp(guest, INTERVAL.multipliedBy(3));
      PacedRun run = bare.measure(guest, INTERVAL.multipliedBy(30));
      assertEquals(List.of(), run.failures());
      assertEquals(30, run.cadence().due());
      assertEquals(30, run.cadence().ended());
      assertTrue(run.cadence().millis(50) > 0);
      assertTrue(run.cpuMillis() > 0);
      assertTrue(run.text().contains("p50"), run.text());
    }
  }

  @Test
  void theRowsTellBothSidesAndHoldOnlyWhatTheyHeld() {
    PacedRun store = new PacedRun(cadence(10, 60, 70, 10), 0.6, List.of());
    PacedRun fanOut = new PacedRun(cadence(5, 5, 30, 5), 0.2, List.of());
    Report.Builder builder = Report.builder();
    CadenceRows.timer(builder, "case", true, store.cadence(), cadence(1, 1, 1, 1));
    CadenceRows.fanOut(builder, "case", store, fanOut);
    Report report = builder.build();
    assertEquals(
        List.of(
            "case: p50",
            "case: p99",
            "case: missed",
            "case: missed in a row",
            "case: p50, against a bare fan-out",
            "case: p99, against a bare fan-out",
            "case: missed, against a bare fan-out",
            "case: missed in a row, against a bare fan-out",
            "case: CPU per checkpoint, against a bare fan-out"),
        report.rows().stream().map(Row::name).toList());
    assertEquals(
        List.of("case: missed", "case: missed in a row"),
        report.rows().stream().filter(row -> !row.bars().isEmpty()).map(Row::name).toList());
    assertSides(report, "p50, against a bare fan-out", 10, 5);
    assertSides(report, "missed, against a bare fan-out", 50, 25);
    assertSides(report, "missed in a row, against a bare fan-out", 2, 1);
    assertSides(report, "CPU per checkpoint, against a bare fan-out", 150, 50);
  }

  private static void assertSides(Report report, String name, double store, double bare) {
    Row row =
        report.rows().stream()
            .filter(each -> each.name().equals("case: " + name))
            .findFirst()
            .orElseThrow();
    assertEquals(store, row.figure().median(), 1e-9);
    assertEquals(bare, Objects.requireNonNull(row.bare()).median(), 1e-9);
  }

  private static Cadence cadence(long... millis) {
    Cadence cadence = new Cadence(INTERVAL);
    for (long each : millis) {
      cadence.ended(each * MILLI);
    }
    return cadence;
  }
}
