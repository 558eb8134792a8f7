package io.hydrant.pager.uffd;

import io.hydrant.pager.PagerException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps what a pager would leave if it was killed, in a process of its own: the userfaultfd stays
 * open, so that the machine waits and sees no zeros; another pager is started, which goes on; and
 * if none can, the machine is stopped, so that it does not wait for ever.
 *
 * <p>It does nothing else and knows nothing of the store, so there is little for it to fail by.
 */
public final class PagerGuard {
  private static final Duration LOOK = Duration.ofMillis(100);

  /** For a line that is sent as soon as the connection is there. */
  private static final Duration LINE_MAX = Duration.ofSeconds(5);

  /** From the start of a process to its connection here. */
  private static final Duration START_MAX = Duration.ofSeconds(15);

  /** One that is killed sooner has not gone on. */
  private static final long LIFE_NANOS_MIN = TimeUnit.SECONDS.toNanos(5);

  /** So many, one after the other, that have not gone on. */
  private static final int FAILURES_MAX = 3;

  private final Path path;
  private final MachineProcess pager;
  private final Follower follower;
  private final OnFailure onFailure;
  private final Consumer<String> notes;

  /** A machine that nobody brings pages for at this moment. */
  private volatile @Nullable MachineProcess alone;

  /** Starts a pager that is to follow, see {@link GuardLink#follow}. */
  @FunctionalInterface
  public interface Follower {
    Process start() throws IOException;
  }

  /** What becomes of a machine that nobody brings pages for. */
  @FunctionalInterface
  public interface OnFailure {
    FailurePolicy of(MachineProcess machine);
  }

  /** How it ended. */
  public enum End {
    /** The pager ended before it had a machine. */
    NOBODY_CAME,
    /** The machine needs no pager any more. */
    DONE,
    MACHINE_ENDED,
    /** No pager could go on. */
    MACHINE_STOPPED
  }

  /** What came over a connection. */
  private enum Said {
    DONE,
    KILLED,
    MACHINE_ENDED
  }

  /**
   * What the first pager has left here.
   *
   * @param connection to it
   */
  private record Entrusted(int connection, GuardLine line, MachineProcess machine) {}

  /** A pager that is not to go on beside its successor. */
  @FunctionalInterface
  private interface Predecessor {
    void end() throws IOException, InterruptedException;
  }

  /** A pager that follows. */
  private record Next(int connection, Process process) {}

  /**
   * @param path of the socket at which to listen for pagers
   * @param pager the first one
   * @param notes for people
   */
  public PagerGuard(
      Path path,
      MachineProcess pager,
      Follower follower,
      OnFailure onFailure,
      Consumer<String> notes) {
    this.path = path;
    this.pager = pager;
    this.follower = follower;
    this.onFailure = onFailure;
    this.notes = notes;
  }

  /** What ends the processes of a terminal is not for this one: it outlives its pager. */
  public static void leaveTerminal() throws IOException {
    Libc.setsid();
  }

  /** Returns when nobody needs it any more. */
  public End run() throws IOException, InterruptedException {
    try (UnixSocket listening = UnixSocket.listen(path)) {
      Entrusted entrusted = first(listening);
      return entrusted == null ? End.NOBODY_CAME : guard(listening, entrusted);
    }
  }

  /** This process ends: a machine that has no pager just now would see zeros. */
  public void ending() throws IOException {
    MachineProcess machine = alone;
    if (machine != null) {
      machine.kill();
    }
  }

  /** What the pager has sent before its end counts; what makes no sense is sent again, or not. */
  private @Nullable Entrusted first(UnixSocket listening) throws IOException {
    while (true) {
      boolean gone = pager.awaitEnd(0);
      OptionalInt connection = listening.accept(LOOK);
      if (connection.isPresent()) {
        Entrusted entrusted = take(connection.getAsInt());
        if (entrusted != null) {
          return entrusted;
        }
      } else if (gone) {
        return null;
      }
    }
  }

  private @Nullable Entrusted take(int connection) {
    try {
      GuardLine line = GuardLine.receive(connection, LINE_MAX).orElse(null);
      if (line != null) {
        return new Entrusted(
            connection,
            line,
            Succession.decode(line.text(), line.descriptors()).machine().process());
      }
    } catch (IOException e) {
      notes.accept("a pager's guard cannot take what it was to keep: " + e.getMessage());
    }
    Libc.close(connection);
    return null;
  }

  private End guard(UnixSocket listening, Entrusted entrusted) throws InterruptedException {
    try {
      return keep(listening, entrusted);
    } catch (IOException | RuntimeException | Error e) {
      // Whatever it is: if this process ended by it, the machine would see zeros.
      notes.accept("the guard of process " + entrusted.machine().pid() + " failed: " + e);
      return stop(entrusted.machine());
    }
  }

  private End keep(UnixSocket listening, Entrusted entrusted)
      throws IOException, InterruptedException {
    MachineProcess machine = entrusted.machine();
    int connection = entrusted.connection();
    try {
      GuardLine.send(connection, GuardLine.KEPT);
    } catch (IOException e) {
      // It was killed meanwhile, and that is what this is for.
    }
    Predecessor predecessor = pager::kill;
    int failures = 0;
    long begun = System.nanoTime() - LIFE_NANOS_MIN;
    while (true) {
      Said said = listen(connection, machine);
      Libc.close(connection);
      if (said != Said.KILLED) {
        return said == Said.DONE ? End.DONE : End.MACHINE_ENDED;
      }
      alone = machine;
      predecessor.end(); // as a rule it has; two of them would take each other's events
      failures = System.nanoTime() - begun < LIFE_NANOS_MIN ? failures + 1 : 0;
      Next next = null;
      while (next == null && failures < FAILURES_MAX) {
        if (machine.awaitEnd(0)) {
          return End.MACHINE_ENDED;
        }
        notes.accept("the pager of process " + machine.pid() + " was killed: another one goes on");
        begun = System.nanoTime();
        next = follow(listening, entrusted.line());
        failures += next == null ? 1 : 0;
      }
      if (next == null) {
        return stop(machine);
      }
      alone = null;
      connection = next.connection();
      Process process = next.process();
      predecessor = () -> process.destroyForcibly().waitFor();
    }
  }

  private static Said listen(int connection, MachineProcess machine) throws IOException {
    while (!Libc.poll(connection, Math.toIntExact(LOOK.toMillis()))) {
      if (machine.awaitEnd(0)) {
        return Said.MACHINE_ENDED;
      }
    }
    try {
      Optional<GuardLine> line = GuardLine.receive(connection, LINE_MAX);
      if (line.isPresent() && line.get().text().equals(GuardLine.DONE)) {
        return Said.DONE;
      }
    } catch (IOException e) {
      // Whatever it says, it brings no pages that can be relied on.
    }
    return machine.awaitEnd(0) ? Said.MACHINE_ENDED : Said.KILLED;
  }

  /** One that has got all that was left; null: it did not come. */
  private @Nullable Next follow(UnixSocket listening, GuardLine left) throws InterruptedException {
    Process process = null;
    try {
      process = follower.start();
      long deadline = System.nanoTime() + START_MAX.toNanos();
      while (process.isAlive() && System.nanoTime() < deadline) {
        OptionalInt connection = listening.accept(LOOK);
        if (connection.isPresent() && isTold(connection.getAsInt(), process, left)) {
          return new Next(connection.getAsInt(), process);
        }
        connection.ifPresent(Libc::close);
      }
      notes.accept("a pager that was to go on did not come");
    } catch (IOException e) {
      notes.accept("a pager that was to go on cannot be started: " + e.getMessage());
    }
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
    Thread.sleep(LOOK.toMillis());
    return null;
  }

  /** Nobody else gets a machine's memory. */
  private static boolean isTold(int connection, Process process, GuardLine left) {
    try {
      Optional<GuardLine> asked = GuardLine.receive(connection, LINE_MAX);
      if (Libc.peer(connection) != process.pid()
          || !asked.map(GuardLine::text).orElse("").equals(GuardLine.FOLLOW)) {
        return false;
      }
      GuardLine.send(
          connection,
          left.text(),
          left.descriptors().stream().mapToInt(Integer::intValue).toArray());
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** It must not wait for ever; and its memory is kept until it has ended. */
  private End stop(MachineProcess machine) throws InterruptedException {
    String why = "no pager could go on with process " + machine.pid() + ": it is stopped";
    notes.accept(why);
    try {
      onFailure.of(machine).stop(new PagerException(why, null));
    } catch (IOException | RuntimeException e) {
      notes.accept("process " + machine.pid() + " cannot be stopped, and waits: " + e.getMessage());
    }
    while (!hasEnded(machine)) {
      Thread.sleep(LOOK.toMillis()); // for as long as somebody looks at it
    }
    return End.MACHINE_STOPPED;
  }

  private static boolean hasEnded(MachineProcess machine) {
    try {
      return machine.awaitEnd(0);
    } catch (IOException e) {
      return false; // not known
    }
  }
}
