package io.hydrant.chaos;

import io.hydrant.bench.process.JvmCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Where chaos/run ends up. */
@Command(
    name = "chaos/run",
    mixinStandardHelpOptions = true,
    description =
        "Runs a group of three servers under load and under faults, and judges all that its clients saw.")
public final class ChaosMain implements Callable<Integer> {
  static final int EXIT_OK = 0;
  static final int EXIT_VIOLATED = 1;

  @Option(names = "--minutes", description = "How long faults go on.")
  private @Nullable Integer minutes;

  @Option(names = "--seconds", description = "How long faults go on (60).")
  private int seconds = 60;

  @Option(names = "--seed", description = "Draws the same faults and writes again.")
  private long seed = System.nanoTime() & 0xffff_ffffL;

  @Option(names = "--traces", description = "A trace, or a directory of traces.")
  private @Nullable Path traces;

  @Option(names = "--directory", description = "For data and logs (a new one below target).")
  private @Nullable Path directory;

  @Option(names = "--keep", description = "Keep the directory though all went well.")
  private boolean keep;

  @Option(names = "--heap", description = "Of each server (${DEFAULT-VALUE}).")
  private String heap = "384m";

  @Option(
      names = "--whole",
      negatable = true,
      description = "Demand that every replica holds everything at rest (${DEFAULT-VALUE}).")
  private boolean whole;

  @Option(
      names = "--replace",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Lose a disk for ever now and then, and replace its member.")
  private boolean replace;

  @Option(names = "--json", description = "Append the outcome to this file, as one line.")
  private @Nullable Path json;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new ChaosMain()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    Path root = Path.of(System.getProperty("hydrant.chaos.root", "")).toAbsolutePath();
    Path home =
        directory == null
            ? root.resolve("chaos/target/runs/seed-" + seed + "-" + ProcessHandle.current().pid())
            : directory.toAbsolutePath();
    Duration duration = minutes == null ? Duration.ofSeconds(seconds) : Duration.ofMinutes(minutes);
    Plan plan = new Plan(duration, seed, home, Optional.ofNullable(traces), heap, whole, replace);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    out.println("seed %d, directory %s".formatted(seed, home));
    Outcome outcome = new ChaosRun(plan, JvmCommand.asThisProcess(root), out::println).run();
    outcome.print(out);
    if (json != null) {
      Files.writeString(
          json, outcome.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
    if (outcome.violations().isEmpty() && !keep) {
      delete(home);
    }
    return outcome.violations().isEmpty() ? EXIT_OK : EXIT_VIOLATED;
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
