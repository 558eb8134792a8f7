package io.hydrant.cli.demo;

import io.hydrant.cli.JavaCommand;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A second JVM with this one's Java, launch flags and class path. Ends when this process ends,
 * however that happens: it holds the other end of the child's standard input, and the child stops
 * when that closes.
 */
public final class JavaProcess implements AutoCloseable {
  private static final Duration STOP_TIME_MAX = Duration.ofSeconds(20);
  private static final int FIRST_LINES_MAX = 64;
  private static final int LOG_TAIL_LINES = 5;

  private final Process process;
  private final Path log;
  private final BlockingQueue<String> firstLines = new ArrayBlockingQueue<>(FIRST_LINES_MAX);

  private JavaProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    Thread.ofVirtual().start(this::readOutput);
  }

  /**
   * @param heap as -Xmx has it, for instance "512m"
   * @param log where its standard error goes, appended
   */
  static JavaProcess start(String heap, Path log, String mainClass, List<String> arguments)
      throws IOException {
    List<String> command = JavaCommand.words(heap, List.of(), mainClass, arguments);
    File logFile = log.toFile();
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(logFile))
            .start();
    return new JavaProcess(process, log);
  }

  private void readOutput() {
    try (BufferedReader reader = process.inputReader(StandardCharsets.UTF_8)) {
      String line;
      while ((line = reader.readLine()) != null) {
        // Only the first lines are wanted; the rest is read so that the child never blocks on a
        // full pipe.
        boolean kept = firstLines.offer(line);
        assert kept || !firstLines.isEmpty();
      }
    } catch (IOException e) {
      // The pipe of a killed process ends like that.
    }
  }

  /** The next line of its standard output; null if it ended or did not speak in time. */
  @Nullable String nextLine(Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < deadline) {
      String line = firstLines.poll(20, TimeUnit.MILLISECONDS);
      if (line != null) {
        return line;
      }
      if (!process.isAlive()) {
        return firstLines.poll(100, TimeUnit.MILLISECONDS);
      }
    }
    return null;
  }

  long pid() {
    return process.pid();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** SIGKILL; returns when the process is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Waits for its end; its exit code, 128 and the signal's number if it was killed. */
  int awaitEnd() throws InterruptedException {
    return process.waitFor();
  }

  /** SIGTERM; returns the exit code. Killed if it takes too long. */
  int stop() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(STOP_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
      kill();
    }
    return process.exitValue();
  }

  /** The last lines of its log, for an error message. */
  String logTail() {
    try {
      List<String> lines = Files.readAllLines(log, StandardCharsets.UTF_8);
      return String.join(
          "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
    } catch (IOException e) {
      return "(no log: " + e.getMessage() + ")";
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
