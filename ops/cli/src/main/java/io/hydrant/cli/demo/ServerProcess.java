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

/**
 * A real {@code hydrant server} in a process of its own.
 *
 * @param address host:port it listens on
 * @param readyNanos from the start of the process to its ready line
 */
public record ServerProcess(JavaProcess process, String address, long readyNanos)
    implements AutoCloseable {
  private static final Duration READY_MAX = Duration.ofSeconds(60);
  private static final Pattern READY = Pattern.compile("hydrant: ready on (\\S+),.*");
  private static final String HEAP = "512m";

  /**
   * Starts a server and waits until it is ready.
   *
   * @param address where it shall listen; port 0: a free one
   */
  public static ServerProcess start(Path directory, String address)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    JavaProcess process =
        JavaProcess.start(
            HEAP,
            directory.resolve("server.log"),
            Main.class.getName(),
            List.of(
                "server",
                "--data",
                directory.resolve("data").toString(),
                "--listen",
                address,
                "--stop-with-parent"));
    String line = process.nextLine(READY_MAX);
    Matcher ready = READY.matcher(line == null ? "" : line);
    if (!ready.matches()) {
      process.close();
      throw new CommandFailure(
          ExitCode.UNEXPECTED,
          "the server process did not become ready"
              + (line == null ? "" : " but said: " + line)
              + "\n"
              + process.logTail(),
          "");
    }
    return new ServerProcess(process, ready.group(1), System.nanoTime() - begin);
  }

  /** SIGKILL: no goodbye. */
  public void kill() throws InterruptedException {
    process.kill();
  }

  /** SIGTERM; returns its exit code. */
  public int stop() throws InterruptedException {
    return process.stop();
  }

  public long pid() {
    return process.pid();
  }

  @Override
  public void close() {
    process.close();
  }
}
