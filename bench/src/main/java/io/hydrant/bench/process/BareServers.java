package io.hydrant.bench.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The servers of a bare group, each in a process of its own, and the files they write over. */
public final class BareServers implements AutoCloseable {
  /** Long enough to write the whole file on a slow disk. */
  private static final long READY_SECONDS_MAX = 300;

  private static final long POLL_MILLIS = 20;

  private final String what;
  private final List<ChildProcess> processes = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();

  /**
   * @param what one of them is, for messages: "a fan-out server"
   */
  public BareServers(String what) {
    this.what = what;
  }

  /**
   * Starts one more, that says "on port" when it serves.
   *
   * @param name of the process' log, for instance fanout
   * @param file that it writes over; deleted at the end
   */
  public void start(String name, Path directory, List<String> command, Path file)
      throws IOException, InterruptedException {
    files.add(file);
    processes.add(ChildProcess.start(name, directory, command));
  }

  public void awaitReady() throws IOException, InterruptedException {
    for (ChildProcess process : processes) {
      awaitReady(process);
    }
  }

  private void awaitReady(ChildProcess process) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_SECONDS_MAX);
    while (!process.logTail().contains("on port")) {
      if (!process.alive() || System.nanoTime() > deadline) {
        throw new IOException(what + " did not get ready; its log ends:\n" + process.logTail());
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  /** Of all of them together. */
  public ProcessAccounts accounts() throws IOException {
    ProcessAccounts sum = new ProcessAccounts(0, 0, 0);
    for (ChildProcess process : processes) {
      sum = sum.plus(process.accounts());
    }
    return sum;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (ChildProcess process : processes) {
      process.close();
    }
    for (Path file : files) {
      Files.deleteIfExists(file);
    }
  }
}
