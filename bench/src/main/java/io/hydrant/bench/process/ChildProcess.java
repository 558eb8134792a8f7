package io.hydrant.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server process under measurement. A small shell starts it, waits for it and then writes down
 * its own accounts, to which the kernel has added those of the child: so the bytes written by a
 * graceful shutdown are counted to the last one, after the process itself is gone.
 */
public final class ChildProcess implements AutoCloseable {
  private static final String WATCHER =
      """
      files=$1; shift
      "$@" >"$files.log" 2>&1 &
      echo $! >"$files.pid.new"; mv "$files.pid.new" "$files.pid"
      wait $!
      code=$?
      cat /proc/$$/io >"$files.io"
      cat /proc/$$/stat >"$files.stat"
      exit $code
      """;

  private static final long START_SECONDS_MAX = 10;
  private static final long STOP_SECONDS_MAX = 120;
  private static final int LOG_TAIL_LINES = 60;

  private final String name;
  private final Path files;
  private final Process watcher;
  private final long startedNanos;
  private final long pid;
  private final Thread reaper;

  private ChildProcess(String name, Path files, Process watcher, long startedNanos)
      throws IOException, InterruptedException {
    this.name = name;
    this.files = files;
    this.watcher = watcher;
    this.startedNanos = startedNanos;
    this.pid = awaitPid();
    this.reaper = new Thread(this::destroy, "end " + name);
    try {
      Runtime.getRuntime().addShutdownHook(reaper);
    } catch (IllegalStateException e) {
      destroy();
      throw new IOException(name + " is not started: this process was told to end", e);
    }
  }

  /**
   * @param name for messages and file names
   * @param directory that gets the log and the accounts
   */
  public static ChildProcess start(String name, Path directory, List<String> command)
      throws IOException, InterruptedException {
    Files.createDirectories(directory);
    Path files = Files.createTempDirectory(directory, name + "-").resolve(name);
    List<String> watched = new ArrayList<>(List.of("/bin/sh", "-c", WATCHER, name));
    watched.add(files.toString());
    watched.addAll(command);
    long startedNanos = System.nanoTime();
    Process watcher = new ProcessBuilder(watched).start();
    return new ChildProcess(name, files, watcher, startedNanos);
  }

  private long awaitPid() throws IOException, InterruptedException {
    Path file = beside(".pid");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
    while (!Files.exists(file)) {
      if (System.nanoTime() > deadline || !watcher.isAlive()) {
        watcher.destroyForcibly();
        throw new IOException(name + " did not start; see " + beside(".log"));
      }
      Thread.sleep(1);
    }
    return Long.parseLong(Files.readString(file).trim());
  }

  public String name() {
    return name;
  }

  public long pid() {
    return pid;
  }

  /** {@link System#nanoTime} just before the process was made. */
  public long startedNanos() {
    return startedNanos;
  }

  public boolean alive() {
    return watcher.isAlive();
  }

  /** So far; the process must be running. */
  public ProcessAccounts accounts() throws IOException {
    return ProcessAccounts.of(pid);
  }

  public long peakResidentBytes() throws IOException {
    return ProcessAccounts.peakResidentBytes(pid);
  }

  /** SIGTERM; returns the accounts of its whole life, the shutdown included. */
  public ProcessAccounts stop() throws IOException, InterruptedException {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
    return awaitEnd();
  }

  /** SIGKILL; returns the accounts of its whole life. */
  public ProcessAccounts kill() throws IOException, InterruptedException {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    return awaitEnd();
  }

  /** Waits for a process that ends by itself; returns the accounts of its whole life. */
  public ProcessAccounts awaitEnd() throws IOException, InterruptedException {
    if (!watcher.waitFor(STOP_SECONDS_MAX, TimeUnit.SECONDS)) {
      destroy();
      throw new IOException(
          name + " did not stop within " + STOP_SECONDS_MAX + " s; its log ends:\n" + logTail());
    }
    forgetReaper();
    return ProcessAccounts.ofReaped(
        Files.readString(beside(".stat")), Files.readString(beside(".io")));
  }

  private void forgetReaper() {
    try {
      Runtime.getRuntime().removeShutdownHook(reaper);
    } catch (IllegalStateException e) {
      // This process ends as well: its hooks run, and the failure that its caller has met by now
      // is what should be told.
    }
  }

  /** The exit code of a process that has ended. */
  public int exitCode() {
    return watcher.exitValue();
  }

  public Path log() {
    return beside(".log");
  }

  /** The last lines that the process wrote; for messages. */
  public String logTail() throws IOException {
    List<String> lines = Files.exists(log()) ? Files.readAllLines(log()) : List.of();
    return String.join(
        "\n", lines.subList(Math.max(0, lines.size() - LOG_TAIL_LINES), lines.size()));
  }

  /** Ends the process without asking it. */
  @Override
  public void close() throws IOException, InterruptedException {
    if (alive()) {
      kill();
    }
  }

  private void destroy() {
    ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
  }

  private Path beside(String suffix) {
    return files.resolveSibling(files.getFileName() + suffix);
  }
}
