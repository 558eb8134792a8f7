package io.hydrant.pager.uffd;

import java.io.IOException;

/**
 * A process that runs a machine, by a descriptor (pidfd): its number may belong to somebody else
 * after its end, and signals must not reach them.
 */
public final class MachineProcess implements AutoCloseable {
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
    if (pid <= 1 || pid == ProcessHandle.current().pid()) {
      throw new IllegalArgumentException("process " + pid + " is nobody's machine");
    }
    return new MachineProcess(pid, Libc.pidfdOpen(pid));
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
