package io.hydrant.testkit.simulation.cluster;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/**
 * What a leader answers to who does not know what became of a commit (PROTOCOL R5): the server's
 * {@code SettleCalls} without its threads. Committed if enough hold it, else aborted, both by the
 * log.
 */
final class SettleRole {
  private final SimulatedMachine machine;
  private final LeaderRole leader;
  private final TreeSet<CheckpointKey> streaming = new TreeSet<>();
  private final TreeMap<CheckpointKey, CompletableFuture<Verdict>> running = new TreeMap<>();

  enum Verdict {
    COMMITTED,
    ABORTED,
    /** Ask again. */
    UNDECIDED
  }

  SettleRole(SimulatedMachine machine, LeaderRole leader) {
    this.machine = machine;
    this.leader = leader;
  }

  void streaming(CheckpointKey key) {
    streaming.add(key);
  }

  /** A stream sent the end: who settles waits for its outcome. */
  void committing(CheckpointKey key) {
    running.put(key, new CompletableFuture<>());
  }

  void decided(CheckpointKey key, Outcome outcome) {
    CompletableFuture<Verdict> waiting = running.remove(key);
    if (waiting != null) {
      waiting.complete(
          outcome instanceof Outcome.Committed ? Verdict.COMMITTED : Verdict.UNDECIDED);
    }
    streaming.remove(key);
  }

  /** No stream is at work on it any more. */
  void detached(CheckpointKey key) {
    streaming.remove(key);
    CompletableFuture<Verdict> waiting = running.remove(key);
    if (waiting != null) {
      waiting.complete(Verdict.UNDECIDED);
    }
  }

  CompletableFuture<Verdict> settle(CheckpointKey key, Epoch epoch, Command.Content claim)
      throws IOException {
    switch (machine.fate(key)) {
      case COMMITTED, RETIRED -> {
        return CompletableFuture.completedFuture(Verdict.COMMITTED);
      }
      case ABORTED -> {
        return CompletableFuture.completedFuture(Verdict.ABORTED);
      }
      case UNKNOWN -> {
        // Who was deposed does not hear any more what the next leader gives out.
        if (machine.cluster().isOutvoted(machine.name())) {
          return CompletableFuture.failedFuture(new SimulatedMachine.UnknownOutcome());
        }
        throw new IllegalStateException(key + " was never given out");
      }
      case OPEN -> {}
    }
    CompletableFuture<Verdict> known = running.get(key);
    if (known != null) {
      return known;
    }
    if (streaming.contains(key)
        || !epoch.equals(open(key).map(CheckpointInfo::epoch).orElse(null))) {
      return CompletableFuture.completedFuture(Verdict.UNDECIDED);
    }
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    running.put(key, verdict);
    verdict.whenComplete((_, _) -> running.remove(key));
    commitOrAbort(key, epoch, claim, verdict);
    return verdict;
  }

  private Optional<CheckpointInfo> open(CheckpointKey key) {
    return machine
        .store()
        .catalog()
        .image(key.image())
        .map((ImageState image) -> image.open().get(key.checkpoint()));
  }

  private void commitOrAbort(
      CheckpointKey key, Epoch epoch, Command.Content claim, CompletableFuture<Verdict> verdict)
      throws IOException {
    Forwarded one;
    try {
      one = leader.ask(key, epoch, claim);
    } catch (Refusal _) {
      abort(key, epoch, verdict);
      return;
    }
    one.held.whenComplete((held, failure) -> {
      if (held != null) {
        commit(key, epoch, held, verdict);
      } else if (failure instanceof Refusal) {
        abort(key, epoch, verdict);
      } else {
        verdict.complete(Verdict.UNDECIDED);
      }
    });
  }

  private void commit(
      CheckpointKey key, Epoch epoch, Forwarded.Held held, CompletableFuture<Verdict> verdict) {
    machine
        .propose(new Command.Commit(key, epoch, held.content(), held.holders()))
        .whenComplete((outcome, _) -> {
          if (outcome instanceof Outcome.Committed) {
            machine.cluster().coverage().count(Schedule.SETTLED_COMMITTED);
            verdict.complete(Verdict.COMMITTED);
          } else if (outcome instanceof Outcome.Rejected) {
            abort(key, epoch, verdict);
          } else {
            verdict.complete(Verdict.UNDECIDED);
          }
        });
  }

  private void abort(CheckpointKey key, Epoch epoch, CompletableFuture<Verdict> verdict) {
    machine
        .propose(new Command.Abort(key, Optional.of(epoch)))
        .whenComplete((outcome, _) -> {
          boolean aborted = outcome instanceof Outcome.Aborted;
          if (aborted) {
            machine.cluster().coverage().count(Schedule.SETTLED_ABORTED);
          }
          verdict.complete(aborted ? Verdict.ABORTED : Verdict.UNDECIDED);
        });
  }
}
