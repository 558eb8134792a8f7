package io.hydrant.pager.uffd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A process that runs a machine, by a descriptor (pidfd): its number may belong to somebody else
 * after its end, and signals must not reach them.
 */
public final class MachineProcess implements AutoCloseable {
  private static final int KILL_MILLIS_MAX = 10_000;

  /** In what the kernel tells of such a descriptor; -1: it has ended. */
  private static final String PID = "Pid:";

  private final long pid;
  private final int fd;
  private boolean closed;

  private MachineProcess(long pid, int fd) {
    this.pid = pid;
    this.fd = fd;
  }

  /**
   * @throws IllegalArgumentException if that is nobody's machine
   * @throws IOException if there is no such process
   */
  public static MachineProcess of(long pid) throws IOException {
    requireOther(pid);
    return new MachineProcess(pid, Libc.pidfdOpen(pid));
  }

  private static void requireOther(long pid) {
    if (pid <= 1 || pid == ProcessHandle.current().pid()) {
      throw new IllegalArgumentException("process " + pid + " is nobody's machine");
    }
  }

  /** The one that has connected, though it may have ended since, and its number been used again. */
  static MachineProcess ofPeer(int connection) throws IOException {
    long pid = Libc.peer(connection);
    if (pid == 0) {
      throw new IOException(
          "the machine's process cannot be seen from here, and so not be stopped if need be: run the pager in its name space, or outside of all");
    }
    try {
      requireOther(pid);
      MachineProcess process = new MachineProcess(pid, Libc.peerPidfd(connection));
      process.requireSignals();
      return process;
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    } catch (Libc.Errno e) {
      if (e.number() != Libc.ENOPROTOOPT) {
        throw e;
      }
      MachineProcess process = of(pid);
      process.requireSignals();
      return process;
    }
  }

  /**
   * One whose descriptor (pidfd) was handed over.
   *
   * @param fd becomes this one's
   * @throws IOException if it is something else
   */
  static MachineProcess received(int fd) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd))) {
      if (line.startsWith(PID)) {
        return new MachineProcess(Long.parseLong(line.substring(PID.length()).trim()), fd);
      }
    }
    throw new IOException("what was handed over is no descriptor of a process");
  }

  /** For handing it over. */
  int descriptor() {
    return fd;
  }

  private void requireSignals() throws IOException {
    try {
      Libc.pidfdSendSignal(fd, 0);
    } catch (Libc.Errno e) {
      close();
      throw new IOException(
          "process %d could not be stopped if need be (%s): run the pager as its user, or as root"
              .formatted(pid, e.getMessage()),
          e);
    }
  }

  /**
   * Ends it (SIGKILL), and waits until it has ended: before that it must not lose its pager.
   *
   * @throws IOException if it does not end
   */
  public void kill() throws IOException {
    signal(Libc.SIGKILL);
    if (!awaitEnd(KILL_MILLIS_MAX)) {
      throw new IOException("process " + pid + " does not end");
    }
  }

  public long pid() {
    return pid;
  }

  /** Waits so long for its end; whether it has ended. */
  public boolean awaitEnd(int millis) throws IOException {
    return Libc.poll(fd, millis);
  }

  /** No effect if it has ended. */
  synchronized void signal(int signal) throws IOException {
    if (closed) {
      return;
    }
    try {
      Libc.pidfdSendSignal(fd, signal);
    } catch (Libc.Errno e) {
      if (e.number() != Libc.ESRCH) {
        throw e;
      }
    }
  }

  /** Lets go of it; it goes on. */
  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      Libc.close(fd);
    }
  }
}
