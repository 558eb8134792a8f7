package io.hydrant.pager.uffd;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;

/**
 * A pager's side of its guard ({@link PagerGuard}): entrusts to it what a successor needs, and
 * starts another guard if it dies. All of it beside the pager's work, which waits for none of it.
 */
public final class GuardLink implements AutoCloseable {
  /** A guard that is slow is better than none. */
  private static final Duration LINE_MAX = Duration.ofSeconds(30);

  /** From the start of a guard until it listens. */
  private static final long START_NANOS_MAX = Duration.ofSeconds(15).toNanos();

  private static final int LOOK_MILLIS = 20;

  /** A guard that cannot live must not keep a core busy by being started. */
  private static final int RESTART_MILLIS = 500;

  private final Path path;
  private final Starter starter;
  private final Consumer<String> notes;
  private int connection = -1;
  private boolean leaving;
  private boolean done;

  /** Starts a guard that listens there; does not wait for it. */
  @FunctionalInterface
  public interface Starter {
    void start() throws IOException;
  }

  private GuardLink(Path path, Starter starter, Consumer<String> notes) {
    this.path = path;
    this.starter = starter;
    this.notes = notes;
  }

  /**
   * Starts a guard.
   *
   * @param path of the socket at which it will listen
   * @param notes for people
   */
  public static GuardLink start(Path path, Starter starter, Consumer<String> notes)
      throws IOException {
    starter.start();
    return new GuardLink(path, starter, notes);
  }

  /** For a pager that has no guard. */
  public static GuardLink none() {
    GuardLink none = new GuardLink(Path.of(""), () -> {}, _ -> {});
    none.leaving = true;
    return none;
  }

  /** A pager that follows, and the link to the guard that has started it. */
  public record Following(Succession succession, GuardLink link) {}

  /**
   * What a pager that was killed has left; for the process that its guard has started.
   *
   * @throws IOException if no guard gives it
   */
  public static Following follow(Path path, Starter starter, Consumer<String> notes)
      throws IOException {
    int connection = UnixSocket.connect(path);
    try {
      GuardLine.send(connection, GuardLine.FOLLOW);
      GuardLine line =
          GuardLine.receive(connection, LINE_MAX)
              .orElseThrow(() -> new IOException("the guard at " + path + " has ended"));
      Succession succession = Succession.decode(line.text(), line.descriptors());
      GuardLink link = new GuardLink(path, starter, notes);
      link.connection = connection;
      return new Following(succession, link);
    } catch (IOException | RuntimeException e) {
      Libc.close(connection);
      throw e;
    }
  }

  /** From now on a successor can go on; a moment later, as it is done beside. Once. */
  public synchronized void entrust(Succession succession) {
    if (!leaving) {
      Thread.ofPlatform().name("pager-guard").daemon().start(() -> hold(succession));
    }
  }

  /** Whether a successor could go on if this process was killed now. */
  synchronized boolean isGuarded() {
    return connection >= 0;
  }

  private void hold(Succession succession) {
    try {
      while (!isLeaving()) {
        try {
          awaitEnd(connected(succession));
          if (isLeaving()) {
            return;
          }
          notes.accept("the guard of this pager has ended: another one is started");
        } catch (IOException e) {
          notes.accept(
              "this pager has no guard, nobody goes on if it is killed; another one is started: "
                  + e.getMessage());
        }
        Thread.sleep(RESTART_MILLIS);
        restart();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void restart() {
    if (!isLeaving()) {
      try {
        starter.start();
      } catch (IOException e) {
        notes.accept("no guard can be started: " + e.getMessage());
      }
    }
  }

  private synchronized boolean isLeaving() {
    return leaving;
  }

  /** A guard says nothing on its own: when something comes, it is the connection's end. */
  private void awaitEnd(int to) throws IOException {
    while (to >= 0 && !Libc.poll(to, LOOK_MILLIS)) {
      if (isLeaving()) {
        return;
      }
    }
    disconnect();
  }

  private synchronized void disconnect() {
    if (connection >= 0) {
      Libc.close(connection);
      connection = -1;
    }
  }

  /** The connection to a guard that has what is left; -1: nobody needs it any more. */
  private int connected(Succession succession) throws IOException, InterruptedException {
    synchronized (this) {
      if (connection >= 0) {
        return connection;
      }
    }
    long begin = System.nanoTime();
    while (!isLeaving()) {
      int to;
      try {
        to = UnixSocket.connect(path);
      } catch (IOException e) {
        if (System.nanoTime() - begin > START_NANOS_MAX) {
          throw e;
        }
        Thread.sleep(LOOK_MILLIS);
        continue;
      }
      return entrusted(to, succession);
    }
    return -1;
  }

  private int entrusted(int to, Succession succession) throws IOException {
    try {
      GuardLine.send(to, succession.text(), succession.descriptors());
      String answer = GuardLine.receive(to, LINE_MAX).map(GuardLine::text).orElse("");
      if (!answer.equals(GuardLine.KEPT)) {
        throw new IOException("the guard did not take what it was to keep");
      }
    } catch (IOException | RuntimeException e) {
      Libc.close(to);
      throw e;
    }
    synchronized (this) {
      connection = to;
      if (done) {
        sayDone();
      }
      return connection;
    }
  }

  /** Nothing is entrusted from now on: what could be is about to be closed. */
  public synchronized void leave() {
    leaving = true;
  }

  /** Nobody needs to follow any more: the machine has ended, or all its pages are there. */
  public synchronized void done() {
    leaving = true;
    done = true;
    if (connection >= 0) {
      sayDone();
    }
  }

  private void sayDone() {
    try {
      GuardLine.send(connection, GuardLine.DONE);
    } catch (IOException e) {
      // it has ended already
    }
    disconnect();
  }

  /** Without {@link #done} before, the guard takes it that this process was killed. */
  @Override
  public synchronized void close() {
    leaving = true;
    disconnect();
  }
}
