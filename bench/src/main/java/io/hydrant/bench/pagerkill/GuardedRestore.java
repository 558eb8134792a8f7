package io.hydrant.bench.pagerkill;

import io.hydrant.bench.process.ChildProcess;
import io.hydrant.bench.process.JvmCommand;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One lazy restore of the sample machine: a pager's process, its guard's, and the machine's. */
final class GuardedRestore implements AutoCloseable {
  private static final Duration START_MAX = Duration.ofSeconds(30);
  private static final int KILLED = 137;
  private static final String NOTHING_WRONG = " 0 of ";

  private final ChildProcess pager;
  private final ChildProcess guest;

  /** What became of the machine. */
  enum Outcome {
    /** It made all its steps, and all of its memory was right. */
    WENT_ON,
    /** It was stopped, and why is in the log. */
    STOPPED_AND_NAMED,
    STOPPED_UNNAMED,
    WRONG,
    HUNG
  }

  /**
   * @param image of a sample machine
   * @param memory as `--memory` has it
   */
  record Machine(String servers, String image, String memory, long steps, Duration deadline) {}

  private GuardedRestore(ChildProcess pager, ChildProcess guest) {
    this.pager = pager;
    this.guest = guest;
  }

  /** Returns when the machine runs and its pager could be followed. */
  static GuardedRestore start(JvmCommand jvm, Path directory, Machine machine)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Path socket = directory.resolve("uffd");
    Path slim = directory.resolve("slim");
    ChildProcess pager =
        hydrant(
            jvm,
            directory,
            "pager",
            List.of(
                "pager",
                machine.image(),
                "--server",
                machine.servers(),
                "--socket",
                socket.toString(),
                "--slim",
                slim.toString(),
                "--fill-rate",
                "16m",
                "--deadline",
                "" + machine.deadline().toSeconds()));
    ChildProcess guest = null;
    try {
      await("the pager listens", () -> Files.exists(slim), pager);
      guest =
          hydrant(
              jvm,
              directory,
              "guest",
              List.of(
                  "guest",
                  "resume",
                  "--socket",
                  socket.toString(),
                  "--slim",
                  slim.toString(),
                  "--memory",
                  machine.memory(),
                  "--steps",
                  "" + machine.steps()));
      await("the pager is guarded", () -> isGuarded(pager.pid()), pager);
      return new GuardedRestore(pager, guest);
    } catch (IOException | InterruptedException | RuntimeException e) {
      pager.close();
      if (guest != null) {
        guest.close();
      }
      throw e;
    }
  }

  /** A guest that is protected, until it is closed. */
  static ChildProcess protect(JvmCommand jvm, Path directory, Machine machine)
      throws IOException, InterruptedException {
    ChildProcess guest =
        hydrant(
            jvm,
            directory,
            "protected",
            List.of(
                "guest",
                "run",
                machine.image(),
                "--server",
                machine.servers(),
                "--memory",
                machine.memory(),
                "--every",
                "25"));
    await("some checkpoints are there", () -> guest.logTail().contains("checkpoint 40"), guest);
    return guest;
  }

  private static ChildProcess hydrant(
      JvmCommand jvm, Path directory, String name, List<String> words)
      throws IOException, InterruptedException {
    return ChildProcess.start(
        name, directory, jvm.hydrant(List.of("-Xmx256m"), new ArrayList<>(words)));
  }

  private interface Condition {
    boolean holds() throws IOException;
  }

  private static void await(String what, Condition condition, ChildProcess process)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_MAX.toNanos();
    while (!condition.holds()) {
      if (!process.alive() || System.nanoTime() > deadline) {
        throw new IOException(
            "waited in vain until " + what + "; the log ends:\n" + process.logTail());
      }
      Thread.sleep(5);
    }
  }

  /** Whether another process holds the machine's memory too. */
  private static boolean isGuarded(long pager) {
    return ProcessHandle.of(pager).stream()
        .flatMap(ProcessHandle::children)
        .anyMatch(child -> hasUserfault(child.pid()));
  }

  private static boolean hasUserfault(long pid) {
    try (Stream<Path> open = Files.list(Path.of("/proc", "" + pid, "fd"))) {
      return open.anyMatch(GuardedRestore::isUserfault);
    } catch (IOException | UncheckedIOException e) {
      return false; // it has ended
    }
  }

  private static boolean isUserfault(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().contains("userfaultfd");
    } catch (IOException e) {
      return false;
    }
  }

  void killPager() throws IOException, InterruptedException {
    if (pager.alive()) {
      pager.kill();
    }
  }

  /** Waits for the machine's end, at most so long. */
  Outcome await(Duration longest) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + longest.toNanos();
    while (guest.alive()) {
      if (System.nanoTime() > deadline) {
        return Outcome.HUNG;
      }
      TimeUnit.MILLISECONDS.sleep(5);
    }
    if (guest.exitCode() == 0 && guest.logTail().contains(NOTHING_WRONG)) {
      return Outcome.WENT_ON;
    }
    if (guest.exitCode() != KILLED) {
      return Outcome.WRONG;
    }
    TimeUnit.SECONDS.sleep(2); // who has stopped it tells a moment later
    String said = log();
    return said.contains("was killed: page ") || said.contains("no pager could go on")
        ? Outcome.STOPPED_AND_NAMED
        : Outcome.STOPPED_UNNAMED;
  }

  /** What the pagers, their guard and the machine have said last. */
  String log() throws IOException {
    return "pager: " + pager.logTail() + "\nmachine: " + guest.logTail();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    guest.close();
    pager.close();
  }
}
