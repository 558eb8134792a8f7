package io.hydrant.raftlog.ratis;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Membership;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.ReplicatedStateMachine;
import io.hydrant.raftlog.StateOrigin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Accepts 0, 1, 2 and so on, each once: anything else is a failure. Its durable state is a file,
 * from which others install. It ends the process at the place that it is told, as SIGKILL would.
 */
final class CountingMachine implements ReplicatedStateMachine {
  /** Where a process ends. */
  enum Step {
    NEVER,
    /** The leader has notified; nothing is done yet. */
    ASKED,
    /** The state is durable; the log does not know. */
    SWITCHED,
    /** Ratis has its answer, but has not looked at it. */
    ANSWERED,
    /** The first entry behind the new state is applied. */
    RESUMED
  }

  static final int KILLED = 128 + 9;

  private record State(LogPosition position, StateOrigin origin, long next) {}

  private final Path file;
  private final Step end;
  private final State begin;
  private volatile State state;
  private volatile boolean installed;
  private volatile String failure = "";

  CountingMachine(Path file, Step end) throws IOException {
    this.file = file;
    this.end = end;
    this.begin =
        Files.exists(file) ? read(file) : new State(LogPosition.NONE, StateOrigin.REPLAYED, 0);
    this.state = begin;
  }

  private static State read(Path file) throws IOException {
    String[] words = Files.readString(file).split(" ");
    return new State(
        new LogPosition(Long.parseLong(words[0]), Long.parseLong(words[1])),
        StateOrigin.valueOf(words[2]),
        Long.parseLong(words[3]));
  }

  private void write(State durable) {
    try {
      Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
      Files.writeString(
          temporary,
          durable.position().term()
              + " "
              + durable.position().index()
              + " "
              + durable.origin()
              + " "
              + durable.next()
              + " ");
      LogDirectory.sync(temporary);
      Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void endAt(Step step) {
    if (end == step) {
      System.out.println("ends " + step);
      System.out.flush();
      Runtime.getRuntime().halt(KILLED);
    }
  }

  long next() {
    return state.next();
  }

  String failure() {
    return failure;
  }

  @Override
  public LogPosition restored() {
    return begin.position();
  }

  @Override
  public StateOrigin origin() {
    return begin.origin();
  }

  @Override
  public byte[] apply(LogPosition position, byte[] command) {
    long number = Long.parseLong(new String(command, US_ASCII).strip());
    if (number != state.next()) {
      throw new IllegalStateException("got " + number + " instead of " + state.next());
    }
    moveTo(position, number + 1);
    return new byte[0];
  }

  @Override
  public void skip(LogPosition position) {
    moveTo(position, state.next());
  }

  private void moveTo(LogPosition position, long next) {
    if (position.index() != state.position().index() + 1) {
      throw new IllegalStateException(position + " does not follow " + state);
    }
    state = new State(position, StateOrigin.REPLAYED, next);
    if (installed) {
      endAt(Step.RESUMED);
    }
  }

  @Override
  public LogPosition snapshot() {
    write(state);
    return state.position();
  }

  @Override
  public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
    CompletableFuture<LogPosition> done = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            download(firstAvailable, leader, done);
          } catch (Exception e) {
            done.completeExceptionally(e);
          }
        });
    return done;
  }

  private void download(
      LogPosition firstAvailable, Peer leader, CompletableFuture<LogPosition> done)
      throws Exception {
    endAt(Step.ASKED);
    Path source = file.resolveSibling(leader.id() + ".state");
    State theirs = read(source);
    while (theirs.position().index() < firstAvailable.index()) {
      TimeUnit.MILLISECONDS.sleep(5);
      theirs = read(source);
    }
    state = new State(theirs.position(), StateOrigin.INSTALLED, theirs.next());
    write(state);
    installed = true;
    endAt(Step.SWITCHED);
    done.complete(theirs.position());
    endAt(Step.ANSWERED);
  }

  @Override
  public void leadershipChanged(boolean leader, long term) {}

  @Override
  public void membershipChanged(Membership membership) {}

  @Override
  public void failed(Throwable cause) {
    failure = cause.toString();
    System.out.println("failed " + cause);
  }
}
