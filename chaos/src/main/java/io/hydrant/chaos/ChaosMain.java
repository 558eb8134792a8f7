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
import java.util.List;
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
        "Runs a group of three servers under load and under faults, and judges all that its clients saw.",
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:nothing is wrong",
      "1:a violation",
      "2:wrong options",
      "70:not run, or not judged: the message says why"
    })
public final class ChaosMain implements Callable<Integer> {
  static final int EXIT_OK = 0;
  static final int EXIT_VIOLATED = 1;
  static final int EXIT_BROKEN = 70;

  /** Several times what three servers were seen to keep. */
  private static final long ROOM_BYTES_MIN = 4L << 30;

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
  private String heap = Plan.HEAP;

  @Option(
      names = "--whole",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Demand that every replica holds everything at rest (${DEFAULT-VALUE}).")
  private boolean whole;

  @Option(
      names = "--replace",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Lose a disk for ever now and then, and replace its member (${DEFAULT-VALUE}).")
  private boolean replace;

  @Option(
      names = "--faults",
      split = ",",
      paramLabel = "NAME",
      description = "Only these, by the names that a run prints; all otherwise.")
  private List<String> faults = List.of();

  @Option(names = "--json", description = "Append the outcome to this file, as one line.")
  private @Nullable Path json;

  @Option(
      names = "--judge",
      paramLabel = "DIRECTORY",
      description =
          "Run nothing: judge what a run wrote down in this directory, also one that was killed.")
  private @Nullable Path judged;

  public static void main(String[] arguments) {
    System.exit(
        new CommandLine(new ChaosMain())
            .setExitCodeExceptionMapper(_ -> EXIT_BROKEN)
            .execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    return judged == null
        ? run()
        : judge(judged.toAbsolutePath()).isWell() ? EXIT_OK : EXIT_VIOLATED;
  }

  private int run() throws Exception {
    Path root = Path.of(System.getProperty("hydrant.chaos.root", "")).toAbsolutePath();
    Path home =
        directory == null
            ? root.resolve("chaos/target/runs/seed-" + seed + "-" + ProcessHandle.current().pid())
            : directory.toAbsolutePath();
    Duration duration = minutes == null ? Duration.ofSeconds(seconds) : Duration.ofMinutes(minutes);
    requireRoom(home);
    Plan plan =
        new Plan(duration, seed, home, Optional.ofNullable(traces), heap, whole, replace, faults);
    Screen screen =
        new Screen(System.out, System.console() != null && System.console().isTerminal());
    screen.line("seed %d, directory %s".formatted(seed, home));
    ChaosRun.run(plan, JvmCommand.asThisProcess(root), screen);
    Outcome outcome = judge(home);
    if (outcome.isWell() && outcome.ended() && !keep) {
      delete(home);
    }
    return outcome.isWell() ? EXIT_OK : EXIT_VIOLATED;
  }

  private Outcome judge(Path run) throws IOException {
    long began = System.nanoTime();
    Outcome outcome = Judgement.of(run);
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    out.println(
        "judged %d operations in %.1f s"
            .formatted(outcome.operations(), (System.nanoTime() - began) / 1e9));
    outcome.print(out);
    if (json != null) {
      Files.writeString(
          json, outcome.json() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }
    return outcome;
  }

  /** The disks' faults are to be those that are ordered, and no other. */
  private static void requireRoom(Path home) throws IOException {
    Files.createDirectories(home);
    long free = Files.getFileStore(home).getUsableSpace();
    if (free < ROOM_BYTES_MIN) {
      throw new IOException(
          "%s has %d MiB free; a run wants %d MiB: free some, or name another --directory"
              .formatted(home, free >> 20, ROOM_BYTES_MIN >> 20));
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }
}
