package io.hydrant.bench;

import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.process.DirectoryTree;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.bench.report.Machine;
import io.hydrant.bench.report.ReportLine;
import io.hydrant.bench.report.ReportText;
import io.hydrant.bench.scenario.Calibrate;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import picocli.CommandLine;

/** Where bench/run ends up: calibrates, runs the scenarios asked for, tells what they found. */
public final class BenchMain {
  static final int EXIT_OK = 0;
  static final int EXIT_FAILED = 1;
  static final int EXIT_USAGE = 2;
  static final int EXIT_MISSED = 3;

  private final Path root;
  private final PrintStream out;
  private final PrintStream err;

  BenchMain(Path root, PrintStream out, PrintStream err) {
    this.root = root;
    this.out = out;
    this.err = err;
  }

  public static void main(String[] arguments) {
    Path root = Path.of(System.getProperty("hydrant.bench.root", "")).toAbsolutePath();
    System.exit(new BenchMain(root, System.out, System.err).execute(arguments));
  }

  int execute(String... arguments) {
    CommandLine commandLine = new CommandLine(new BenchArguments(this::run));
    commandLine.setCaseInsensitiveEnumValuesAllowed(true);
    commandLine.setOut(new PrintWriter(out, true));
    commandLine.setErr(new PrintWriter(err, true));
    return commandLine.execute(arguments);
  }

  private int run(BenchArguments arguments) throws Exception {
    int exitCode = EXIT_OK;
    Machine machine = Machine.describe(root);
    out.println(machine.text());
    for (Scenario scenario : arguments.scenarios()) {
      Outcome outcome = run(scenario, arguments);
      out.println();
      out.println("== " + scenario.name() + ": " + scenario.purpose());
      if (!outcome.calibration().isEmpty()) {
        ReportText.calibration(outcome.calibration()).forEach(out::println);
        out.println();
      }
      ReportText.lines(outcome.report()).forEach(out::println);
      if (arguments.json().isPresent()) {
        append(arguments.json().get(), line(scenario, machine, outcome));
      }
      exitCode = Math.max(exitCode, exitCode(outcome.report(), arguments.strict()));
    }
    return exitCode;
  }

  static int exitCode(Report report, boolean strict) {
    if (!report.violations().isEmpty()) {
      return EXIT_FAILED;
    }
    return strict && !report.met() ? EXIT_MISSED : EXIT_OK;
  }

  private record Outcome(List<Row> calibration, Report report) {}

  private Outcome run(Scenario scenario, BenchArguments arguments) throws Exception {
    Options options = arguments.options(root);
    Files.createDirectories(options.directory());
    Path directory = Files.createTempDirectory(options.directory(), scenario.name() + "-");
    Lab lab = new Lab(options, JvmCommand.asThisProcess(root), directory, err);
    try {
      lab.say("%s: calibrating ...", scenario.name());
      List<Row> calibration = scenario instanceof Calibrate ? List.of() : Calibrate.brief(lab);
      return new Outcome(calibration, scenario.run(lab));
    } finally {
      if (arguments.keep()) {
        err.println("kept " + directory);
      } else {
        DirectoryTree.delete(directory);
      }
    }
  }

  private static String line(Scenario scenario, Machine machine, Outcome outcome) {
    return new ReportLine(
            scenario.name(), Instant.now(), machine, outcome.calibration(), outcome.report())
        .toString();
  }

  private static void append(Path file, String line) throws IOException {
    Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }
}
