package io.hydrant.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.scenario.Scenarios;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchArgumentsTest {
  private static final Path ROOT = Path.of("/project");

  private final List<BenchArguments> runs = new ArrayList<>();
  private final StringWriter complaints = new StringWriter();

  private int execute(String... arguments) {
    CommandLine commandLine =
        new CommandLine(
            new BenchArguments(parsed -> {
              runs.add(parsed);
              return 0;
            }));
    commandLine.setErr(new PrintWriter(complaints));
    return commandLine.execute(arguments);
  }

  @Test
  void defaultsAreTheFullRunBelowTheProject() {
    assertEquals(0, execute("calibrate"));
    Options options = runs.getFirst().options(ROOT);
    assertEquals(Scale.FULL, options.scale());
    assertEquals(OptionalInt.empty(), options.rounds());
    assertEquals(ROOT.resolve("bench/target/data"), options.directory());
    assertEquals(5, options.roundsOr(5, 1));
    assertEquals(Optional.empty(), options.traces());
    assertEquals("1g", options.heap());
  }

  @Test
  void everyOptionArrives() {
    assertEquals(
        0,
        execute(
            "calibrate",
            "--quick",
            "--rounds",
            "9",
            "--seed",
            "77",
            "--traces",
            "/t",
            "--dir",
            "/d",
            "--heap",
            "512m",
            "--set",
            "a=b",
            "--set",
            "c=d",
            "--json",
            "/j",
            "--strict",
            "--keep"));
    BenchArguments arguments = runs.getFirst();
    Options options = arguments.options(ROOT);
    assertEquals(Scale.QUICK, options.scale());
    assertEquals(9, options.roundsOr(5, 1));
    assertEquals(77, options.seed());
    assertEquals(Optional.of(Path.of("/t")), options.traces());
    assertEquals(Path.of("/d"), options.directory());
    assertEquals("512m", options.heap());
    assertEquals(List.of("a=b", "c=d"), options.serverSettings());
    assertEquals(Optional.of(Path.of("/j")), arguments.json());
    assertTrue(arguments.strict());
    assertTrue(arguments.keep());
  }

  @Test
  void allNamesEveryScenarioOnce() {
    assertEquals(0, execute("all"));
    assertEquals(
        Scenarios.names(), runs.getFirst().scenarios().stream().map(Scenario::name).toList());
    assertEquals(Scenarios.names().size(), Scenarios.names().stream().distinct().count());
  }

  @Test
  void anUnknownScenarioIsToldBeforeAnythingRuns() {
    assertEquals(2, execute("calibrate", "ingset"));
    assertTrue(runs.isEmpty());
    assertTrue(complaints.toString().contains("there is no scenario 'ingset'"));
    assertTrue(complaints.toString().contains("calibrate"));
  }

  @Test
  void contradictionsAreRefused() {
    assertEquals(2, execute("calibrate", "--quick", "--small"));
    assertEquals(2, execute("calibrate", "--rounds", "0"));
    assertEquals(2, execute());
    assertTrue(runs.isEmpty());
  }

  @Test
  void aMissedBarFailsOnlyAStrictRunAndAViolationEveryOne() {
    Report met = Report.builder().row(row(2)).build();
    Report missed = Report.builder().row(row(1)).build();
    Report violated = Report.builder().row(row(2)).violation("lost a checkpoint").build();
    assertEquals(BenchMain.EXIT_OK, BenchMain.exitCode(met, true));
    assertEquals(BenchMain.EXIT_OK, BenchMain.exitCode(missed, false));
    assertEquals(BenchMain.EXIT_MISSED, BenchMain.exitCode(missed, true));
    assertEquals(BenchMain.EXIT_FAILED, BenchMain.exitCode(violated, false));
  }

  private static Row row(double value) {
    return Row.held("figure", Series.single("", value), Bar.atLeast(2));
  }
}
