package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A protector's stream at the leader: the server's {@code Attempts} and {@code CheckpointStream}
 * without their threads. Commits are proposed base first; whoever is not heard any more leaves what
 * is open to the log.
 */
final class ServedStream {
  private final SimulatedMachine machine;
  private final LeaderRole leader;
  private final Consumer<Answer> answers;
  private final TreeMap<Long, Attempt> attempts = new TreeMap<>();
  private boolean ended;

  /** What the protector is told. */
  sealed interface Answer {
    record Opened(long number, CheckpointKey key) implements Answer {}

    record Committed(long number, CheckpointKey key) implements Answer {}

    record Rejected(long number, Rejection reason) implements Answer {}

    /** Nothing more comes. */
    record Broken() implements Answer {}
  }

  private enum State {
    WAITING,
    OPENING,
    OPEN,
    FINISHING,
    FINISHED,
    COMMITTING,
    ENDED
  }

  private static final class Attempt {
    final long number;
    final Command.Open command;
    final @Nullable Attempt base;
    State state = State.WAITING;
    boolean committed;
    @Nullable CheckpointKey key;
    @Nullable Forwarded one;
    Forwarded.@Nullable Held held;

    Attempt(long number, Command.Open command, @Nullable Attempt base) {
      this.number = number;
      this.command = command;
      this.base = base;
    }

    boolean isUnproposed() {
      return state != State.COMMITTING && state != State.ENDED;
    }

    boolean buildsOn(Attempt other) {
      for (Attempt at = base; at != null; at = at.base) {
        if (at == other) {
          return true;
        }
      }
      return false;
    }
  }

  ServedStream(SimulatedMachine machine, LeaderRole leader, Consumer<Answer> answers) {
    this.machine = machine;
    this.leader = leader;
    this.answers = answers;
    leader.serve(this);
  }

  /** The stream is gone: what has its commit goes on. */
  void broken() {
    if (!ended) {
      ended = true;
      for (CheckpointKey key :
          attempts.values().stream().map(one -> one.key).filter(key -> key != null).toList()) {
        leader.settles().detached(key);
      }
      answers.accept(new Answer.Broken());
    }
  }

  /**
   * @param baseNumber of the attempt that it builds on, or 0
   */
  void open(long number, Command.Open command, long baseNumber) {
    if (ended) {
      return;
    }
    attempts.put(number, new Attempt(number, command, attempts.get(baseNumber)));
    advance();
  }

  /** Proposes whatever may be proposed now. */
  void advance() {
    boolean changed = true;
    while (changed && !ended) {
      changed = false;
      for (Attempt attempt : List.copyOf(attempts.values())) {
        if (attempt.state == State.WAITING && mayOpen(attempt)) {
          proposeOpen(attempt);
          changed = true;
        } else if (attempt.state == State.FINISHED
            && (attempt.base == null || !attempt.base.isUnproposed())) {
          changed |= proposeCommit(attempt);
        }
      }
    }
  }

  private boolean mayOpen(Attempt attempt) {
    Attempt base = attempt.base;
    if (base != null && (base.state == State.WAITING || base.state == State.OPENING)) {
      return false;
    }
    long unproposed =
        attempts.headMap(attempt.number).values().stream().filter(Attempt::isUnproposed).count();
    return unproposed <= 1;
  }

  private void proposeOpen(Attempt attempt) {
    Attempt base = attempt.base;
    if (base != null && base.state == State.ENDED && !base.committed) {
      reject(attempt, Rejection.ABORTED);
      return;
    }
    Optional<CheckpointId> baseId =
        base == null
            ? attempt.command.base()
            : Optional.ofNullable(base.key).map(CheckpointKey::checkpoint);
    Command.Open open =
        new Command.Open(
            attempt.command.image(),
            attempt.command.epoch(),
            attempt.command.kind(),
            baseId,
            attempt.command.regions());
    try {
      machine.store().admitOpen(open);
    } catch (Refusal e) {
      machine.cluster().coverage().count(Schedule.REFUSED_FULL);
      reject(attempt, e.rejection());
      return;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    attempt.state = State.OPENING;
    then(machine.propose(open), outcome -> opened(attempt, outcome));
  }

  private void opened(Attempt attempt, Outcome outcome) {
    switch (outcome) {
      case Outcome.Opened(CheckpointKey key) -> {
        try {
          attempt.key = key;
          attempt.one = leader.staged(key, attempt.command.epoch());
        } catch (Refusal e) {
          reject(attempt, e.rejection());
          return;
        }
        attempt.state = State.OPEN;
        leader.settles().streaming(key);
        answers.accept(new Answer.Opened(attempt.number, key));
        for (Attempt earlier : List.copyOf(attempts.headMap(attempt.number).values())) {
          boolean begun = earlier.state != State.WAITING && earlier.state != State.OPENING;
          if (begun && earlier.isUnproposed() && !attempt.buildsOn(earlier)) {
            reject(earlier, Rejection.ABORTED);
          }
        }
      }
      case Outcome.Rejected rejected -> reject(attempt, rejected.reason());
      default -> throw new IllegalStateException("no answer to an Open: " + outcome);
    }
    advance();
  }

  /** A step of an open attempt. */
  void step(long number, Frame.Step step) throws IOException {
    Attempt attempt = attempts.get(number);
    if (ended || attempt == null || attempt.state != State.OPEN || attempt.one == null) {
      return;
    }
    try {
      leader.take(attempt.one, step);
    } catch (Refusal e) {
      refused(attempt, e);
    }
  }

  private void refused(Attempt attempt, Refusal refusal) {
    if (refusal.rejection() == Rejection.DISK_FULL) {
      machine.cluster().coverage().count(Schedule.REFUSED_FULL);
    }
    reject(attempt, refusal.rejection());
    advance();
  }

  void finish(long number, Command.Content claimed) throws IOException {
    Attempt attempt = attempts.get(number);
    if (ended || attempt == null || attempt.state != State.OPEN || attempt.one == null) {
      return;
    }
    attempt.state = State.FINISHING;
    leader.settles().committing(attempt.one.key);
    try {
      leader.finish(attempt.one, claimed);
    } catch (Refusal e) {
      refused(attempt, e);
      return;
    }
    attempt.one.held.whenComplete((held, failure) -> held(attempt, held, failure));
  }

  private void held(Attempt attempt, Forwarded.@Nullable Held held, @Nullable Throwable failure) {
    if (attempt.state != State.FINISHING) {
      return;
    }
    if (held != null) {
      attempt.held = held;
      attempt.state = State.FINISHED;
      advance();
    } else if (failure instanceof Refusal refusal) {
      refused(attempt, refusal);
    } else {
      attempt.state = State.ENDED;
      broken();
    }
  }

  /** Unless whose word counts has changed since, so that the holders are too few now. */
  private boolean proposeCommit(Attempt attempt) {
    Forwarded.Held held = java.util.Objects.requireNonNull(attempt.held);
    CheckpointKey key = java.util.Objects.requireNonNull(attempt.key);
    Optional<List<String>> holders = leader.holders(java.util.Objects.requireNonNull(attempt.one));
    if (holders.isEmpty()) {
      return false;
    }
    attempt.state = State.COMMITTING;
    then(
        machine.propose(
            new Command.Commit(key, attempt.command.epoch(), held.content(), holders.get())),
        outcome -> {
          leader.settles().decided(key, outcome);
          switch (outcome) {
            case Outcome.Committed _ -> {
              attempt.state = State.ENDED;
              attempt.committed = true;
              answers.accept(new Answer.Committed(attempt.number, key));
            }
            case Outcome.Rejected rejected -> {
              attempt.state = State.FINISHED; // so that it is given up like any
              reject(attempt, rejected.reason());
            }
            default -> throw new IllegalStateException("no answer to a Commit: " + outcome);
          }
          advance();
        });
    return true;
  }

  void abort(long number) {
    Attempt attempt = attempts.get(number);
    if (!ended && attempt != null && attempt.isUnproposed()) {
      reject(attempt, Rejection.ABORTED);
      advance();
    }
  }

  private void reject(Attempt attempt, Rejection reason) {
    attempt.state = State.ENDED;
    CheckpointKey key = attempt.key;
    if (key != null) {
      leader.settles().detached(key);
      machine.propose(new Command.Abort(key, Optional.of(attempt.command.epoch())));
    }
    answers.accept(new Answer.Rejected(attempt.number, reason));
    for (Attempt next : List.copyOf(attempts.tailMap(attempt.number, false).values())) {
      if (next.base == attempt && next.isUnproposed()) {
        reject(next, Rejection.ABORTED);
      }
    }
  }

  /** What comes next, if the outcome is known; else the stream ends. */
  private void then(CompletableFuture<Outcome> future, Consumer<Outcome> next) {
    future.whenComplete((outcome, _) -> {
      try {
        if (outcome == null) {
          broken();
        } else if (leader.isLeading()) {
          next.accept(outcome);
        } else {
          broken();
        }
      } catch (RuntimeException e) {
        machine.cluster().fail(e);
      }
    });
  }
}
