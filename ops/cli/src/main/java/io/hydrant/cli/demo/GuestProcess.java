package io.hydrant.cli.demo;

import io.hydrant.cli.CommandFailure;
import io.hydrant.cli.ExitCode;
import io.hydrant.cli.Main;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code hydrant guest} in a process of its own: before the failure, or after it. */
public final class GuestProcess implements AutoCloseable {
  private static final Duration LINE_MAX = Duration.ofSeconds(60);
  private static final String HEAP = "128m";
  private static final Pattern CHECKPOINT = Pattern.compile("checkpoint (\\d+)");
  private static final Pattern RESUMED =
      Pattern.compile(
          "went on at step (\\d+): the first one took (.+), (\\d+) steps (.+); (\\d+) of (\\d+) pages are wrong");

  private final JavaProcess process;

  private GuestProcess(JavaProcess process) {
    this.process = process;
  }

  /** One that runs, and is protected under a new image. */
  public static GuestProcess run(Path directory, String server, String image, String... more)
      throws IOException {
    return start(directory, List.of("guest", "run", image, "--server", server), List.of(more));
  }

  /** One that goes on, with its memory from the pager at that socket. */
  public static GuestProcess resume(Path directory, Path socket, Path slim, String... more)
      throws IOException {
    return start(
        directory,
        List.of("guest", "resume", "--socket", socket.toString(), "--slim", slim.toString()),
        List.of(more));
  }

  private static GuestProcess start(Path directory, List<String> words, List<String> more)
      throws IOException {
    List<String> all = new java.util.ArrayList<>(words);
    all.addAll(more);
    return new GuestProcess(
        JavaProcess.start(HEAP, directory.resolve("guest.log"), Main.class.getName(), all));
  }

  /** Waits until that checkpoint was acknowledged to it. */
  public void awaitCheckpoint(long number) throws InterruptedException {
    while (true) {
      String line = process.nextLine(LINE_MAX);
      Matcher checkpoint = CHECKPOINT.matcher(line == null ? "" : line);
      if (!checkpoint.matches()) {
        throw failed(line);
      }
      if (Long.parseLong(checkpoint.group(1)) >= number) {
        return;
      }
    }
  }

  /**
   * What it said in the end.
   *
   * @param firstStep how long it took, from the hand-over of its memory
   */
  public record Resumed(
      long stepsBefore, String firstStep, String allSteps, int wrong, int pages) {}

  /** Waits for its end. */
  public Resumed awaitResumed() throws InterruptedException {
    String line = process.nextLine(LINE_MAX);
    Matcher resumed = RESUMED.matcher(line == null ? "" : line);
    if (!resumed.matches()) {
      throw failed(line);
    }
    return new Resumed(
        Long.parseLong(resumed.group(1)),
        resumed.group(2),
        resumed.group(4),
        Integer.parseInt(resumed.group(5)),
        Integer.parseInt(resumed.group(6)));
  }

  private CommandFailure failed(@org.jspecify.annotations.Nullable String line) {
    return new CommandFailure(
        ExitCode.UNEXPECTED,
        "the guest did not do what it should"
            + (line == null ? "" : " but said: " + line)
            + "\n"
            + process.logTail(),
        "");
  }

  /** SIGKILL: its host is gone. */
  public void kill() throws InterruptedException {
    process.kill();
  }

  /** Waits for its end; its exit code, 128 and the signal's number if it was killed. */
  public int awaitEnd() throws InterruptedException {
    return process.awaitEnd();
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.close();
  }
}
