package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.ingest.Attempt.State;
import io.hydrant.node.replication.Replication;
import io.hydrant.raftlog.LogBusyException;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.ObjLongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one stream and their order in the log. Confined to the stream's mailbox.
 *
 * <p>On the critical path of a steady stream lies one entry a checkpoint: Open of the next is
 * proposed behind Commit of the last without waiting for it, and while that is not proposed yet as
 * soon as no more than one other attempt is open. Commits are proposed base first and answered in
 * the order of the log.
 */
final class Attempts {
  /** Ended attempts that a later one may still name as its base. */
  private static final int ENDED_KEPT_MAX = 16;

  private final IngestPorts ports;
  private final Mailbox mailbox;
  private final ObjLongConsumer<Runnable> later;
  private final AttemptAnswers answers;
  private final TreeMap<Long, Attempt> attempts = new TreeMap<>();
  private final ArrayDeque<Answer> committing = new ArrayDeque<>();
  private long last;
  private boolean abandoned;
  private boolean deposed;

  /** The answer to a proposed Commit, which waits for those before it. */
  private static final class Answer {
    final Attempt attempt;
    @Nullable Outcome outcome;

    /** Instead of an outcome: the entry did not get into the log. */
    ApiErrors.@Nullable Answer notAppended;

    Answer(Attempt attempt) {
      this.attempt = attempt;
    }

    boolean isThere() {
      return outcome != null || notAppended != null;
    }
  }

  /**
   * @param later runs something in the mailbox after so many nanoseconds
   */
  Attempts(
      IngestPorts ports, Mailbox mailbox, ObjLongConsumer<Runnable> later, AttemptAnswers answers) {
    this.ports = ports;
    this.mailbox = mailbox;
    this.later = later;
    this.answers = answers;
  }

  /** The attempt with a number; null if it ended and was forgotten, or never was. */
  @Nullable Attempt get(long number) {
    return attempts.get(number);
  }

  /** Number of the last one that was opened. */
  long last() {
    return last;
  }

  /** Nothing is under way that will be answered. */
  boolean isQuiet() {
    return attempts.values().stream()
        .allMatch(attempt -> attempt.is(State.ENDED) || attempt.is(State.OPEN));
  }

  /** Begins an attempt; its number is greater than {@link #last}. */
  void open(long number, OpenCheckpoint message) {
    last = number;
    try {
      OpenStep open = OpenStep.read(message);
      Attempt base = base(open);
      Attempt attempt = new Attempt(number, open, base);
      attempts.put(number, attempt);
      forgetEnded();
      if (base != null && base.is(State.ENDED) && !base.committed()) {
        reject(
            attempt,
            Reason.REASON_ABORTED,
            "attempt %d, on which this one builds, was not committed".formatted(base.number));
      }
    } catch (Refusal e) {
      ApiErrors.Answer answer = ApiErrors.answer(e);
      answers.rejected(number, answer.reason(), answer.message(), 0);
    }
    advance();
  }

  /** The attempt of this stream that the new one builds on, by number or by id; null if none. */
  private @Nullable Attempt base(OpenStep open) throws Refusal {
    if (open.baseAttempt() == 0) {
      return attempts.values().stream()
          .filter(attempt -> attempt.open.image().equals(open.image()))
          .filter(attempt -> open.base().isPresent() && idOf(attempt).equals(open.base()))
          .findFirst()
          .orElse(null);
    }
    Attempt base = attempts.get(open.baseAttempt());
    if (base == null || !base.open.image().equals(open.image())) {
      throw new Refusal(
          Rejection.INVALID,
          "open: base_attempt %s is none of this stream's last attempts for that image; name the base by its id"
              .formatted(Long.toUnsignedString(open.baseAttempt())));
    }
    return base;
  }

  private static Optional<CheckpointId> idOf(Attempt attempt) {
    return Optional.ofNullable(attempt.key()).map(CheckpointKey::checkpoint);
  }

  private void forgetEnded() {
    while (attempts.size() > ENDED_KEPT_MAX && attempts.firstEntry().getValue().is(State.ENDED)) {
      attempts.pollFirstEntry();
    }
  }

  /** Proposes whatever may be proposed now. */
  void advance() {
    boolean changed = true;
    while (changed) {
      changed = false;
      for (Attempt attempt : List.copyOf(attempts.values())) {
        if (attempt.is(State.WAITING)
            && !isHeldBack(attempt)
            && AttemptOrder.mayOpen(attempt, attempts.headMap(attempt.number).values())
            && isReady(attempt)) {
          openOrHoldBack(attempt);
          changed = true;
        } else if (attempt.is(State.FINISHED) && AttemptOrder.mayCommit(attempt)) {
          proposeCommit(attempt);
          changed = true;
        }
      }
    }
    answers.advanced();
  }

  /** No attempt overtakes another one of its image that waits for room. */
  private boolean isHeldBack(Attempt attempt) {
    return attempts.headMap(attempt.number, true).values().stream()
        .anyMatch(other -> other.isHeldBack() && AttemptOrder.sameImage(other, attempt));
  }

  /** A new checkpoint waits while cleaning makes the room that it needs, for a while. */
  private void openOrHoldBack(Attempt attempt) {
    long nanos;
    try {
      nanos = ports.brake().holdBackNanos(attempt.heldBackNanos);
    } catch (IOException e) {
      fault(attempt, e);
      return;
    }
    if (nanos == 0) {
      proposeOpen(attempt);
      return;
    }
    attempt.heldBack = true;
    attempt.heldBackNanos += nanos;
    later.accept(
        () -> {
          attempt.heldBack = false;
          attempt.ready = null; // What its image takes may have changed meanwhile.
          if (!abandoned) {
            advance();
          }
        },
        nanos);
  }

  /** What its image takes may have to be counted first: then it waits, and what is behind it. */
  private boolean isReady(Attempt attempt) {
    CompletableFuture<?> ready = attempt.ready;
    if (ready == null) {
      ready = ports.staging().readyToAdmit(attempt.open.image());
      attempt.ready = ready;
      if (!ready.isDone()) {
        then(ready, (_, _) -> advance());
      }
    }
    return ready.isDone();
  }

  private void proposeOpen(Attempt attempt) {
    Attempt builtOn = attempt.base();
    Command.Open open = attempt.open.command(builtOn == null ? attempt.open.base() : idOf(builtOn));
    try {
      ports.staging().admitOpen(open);
    } catch (Refusal e) {
      reject(attempt, e);
      return;
    } catch (IOException e) {
      fault(attempt, e);
      return;
    }
    attempt.opening();
    then(
        ports.proposals().propose(open),
        (outcome, failure) -> openAnswered(attempt, outcome, failure));
  }

  private void openAnswered(
      Attempt attempt, @Nullable Outcome outcome, @Nullable Throwable failure) {
    if (outcome instanceof Outcome.Opened opened) {
      if (attempt.is(State.OPENING)) {
        receive(attempt, opened.key());
      } else {
        proposeAbort(opened.key(), attempt);
      }
    } else if (attempt.is(State.OPENING)) {
      if (outcome instanceof Outcome.Rejected rejected) {
        reject(attempt, rejected);
      } else if (failure != null && isNotAppended(failure)) {
        reject(attempt, ApiErrors.answer(failure));
      } else {
        answers.broken(
            failure == null
                ? new IllegalStateException("outcome does not fit an Open: " + outcome)
                : failure);
      }
    }
    advance();
  }

  private void receive(Attempt attempt, CheckpointKey key) {
    if (abandoned) {
      attempt.ended(false);
      return;
    }
    try {
      attempt.opened(
          new Attempt.Opened(
              key,
              regions(attempt, key),
              ports.staging().staged(key, attempt.open.epoch()),
              ports.open().begin(key)));
    } catch (Refusal e) {
      reject(attempt, e);
      return;
    }
    attempt.forgetCommittedBase();
    answers.opened(attempt.number, key);
    for (Attempt earlier : List.copyOf(attempts.headMap(attempt.number).values())) {
      boolean dead = !earlier.isBeforeOpen() && earlier.isUnproposed();
      if (dead && AttemptOrder.sameImage(earlier, attempt) && !attempt.buildsOn(earlier)) {
        reject(
            earlier,
            Reason.REASON_ABORTED,
            "attempt %d was opened and does not build on this one, which ended it"
                .formatted(attempt.number));
      }
    }
  }

  private RegionTable regions(Attempt attempt, CheckpointKey key) throws Refusal {
    if (attempt.open.regions().isPresent()) {
      return attempt.open.regions().get();
    }
    return ports
        .catalog()
        .image(key.image())
        .map(image -> image.open().get(key.checkpoint()))
        .orElseThrow(
            () -> new Refusal(Rejection.ABORTED, key + " was aborted already; open a new one"))
        .regions();
  }

  /** The attempt is complete as far as its protector is concerned. */
  void finish(Attempt attempt, CompletableFuture<Held> holding) {
    attempt.finishing();
    then(
        holding,
        (held, failure) -> {
          if (held == null) {
            notHeld(attempt, failure);
          } else if (attempt.is(State.FINISHING)) {
            attempt.finished(held);
            advance();
          }
        });
    advance();
  }

  /** It will not be durable with enough replicas, or this replica will not learn of it. */
  private void notHeld(Attempt attempt, @Nullable Throwable failure) {
    Throwable cause = failure == null ? new IllegalStateException() : Replication.cause(failure);
    switch (cause) {
      case Refusal refusal -> {
        if (attempt.is(State.FINISHING)) {
          reject(attempt, refusal);
          advance();
        }
      }
      case ApiException lost -> {
        if (attempt.is(State.FINISHING)) {
          attempt.requireOpened().live().unknown(lost);
          attempt.ended(false);
        }
        answers.broken(lost);
      }
      default -> fault(attempt, cause);
    }
  }

  private void proposeCommit(Attempt attempt) {
    CheckpointKey key = attempt.requireOpened().key();
    Held held = attempt.requireHeld();
    try {
      ports.staging().requireHeld(key.image(), held); // it may have waited for its base
    } catch (Refusal e) {
      reject(attempt, e);
      return;
    }
    attempt.committing();
    Answer answer = new Answer(attempt);
    committing.add(answer);
    Command.Commit commit =
        new Command.Commit(key, attempt.open.epoch(), held.content(), held.holders());
    then(
        ports.proposals().propose(commit),
        (outcome, failure) -> commitAnswered(answer, outcome, failure));
  }

  private void commitAnswered(
      Answer answer, @Nullable Outcome outcome, @Nullable Throwable failure) {
    OpenCheckpoints.Live live = answer.attempt.requireOpened().live();
    if (outcome != null) {
      answer.outcome = outcome;
      live.settled(outcome);
    } else if (failure != null && isNotAppended(failure)) {
      answer.notAppended = ApiErrors.answer(failure);
    } else {
      // Not "rejected": it may still succeed. The protector settles it (PROTOCOL R5).
      Throwable known = failure == null ? new IllegalStateException("no outcome") : failure;
      live.unknown(known);
      answers.broken(known);
      return;
    }
    while (!committing.isEmpty() && committing.peek().isThere()) {
      Answer next = committing.remove();
      if (next.notAppended != null) {
        reject(next.attempt, next.notAppended);
      } else {
        answerCommit(next.attempt, next.outcome);
      }
    }
    advance();
  }

  /** Whether it is certain that the command is not in the log, and never will be. */
  private static boolean isNotAppended(Throwable failure) {
    return Replication.cause(failure) instanceof LogBusyException;
  }

  private void answerCommit(Attempt attempt, @Nullable Outcome outcome) {
    switch (outcome) {
      case Outcome.Committed committed -> {
        attempt.ended(true);
        attempts.values().forEach(Attempt::forgetCommittedBase);
        ports.open().end(committed.key());
        answers.committed(attempt.number, committed);
      }
      case Outcome.Rejected rejected -> reject(attempt, rejected);
      case null, default ->
          answers.broken(new IllegalStateException("outcome does not fit a Commit: " + outcome));
    }
  }

  /** The protector gives the attempt up; one whose Commit is in the log already goes its way. */
  void abort(Attempt attempt) {
    if (attempt.isUnproposed()) {
      reject(attempt, Reason.REASON_ABORTED, "aborted as asked");
      advance();
    }
  }

  void reject(Attempt attempt, Refusal refusal) {
    reject(attempt, ApiErrors.answer(refusal));
  }

  private void reject(Attempt attempt, ApiErrors.Answer answer) {
    reject(attempt, answer.reason(), answer.message());
  }

  private void reject(Attempt attempt, Outcome.Rejected rejected) {
    reject(attempt, ApiErrors.reason(rejected.reason()), rejected.message());
  }

  private void reject(Attempt attempt, Reason reason, String message) {
    Attempt.Opened opened = attempt.openedOrNull();
    attempt.ended(false);
    if (opened != null) {
      opened
          .live()
          .unknown(
              new ApiException(
                  Reason.REASON_UNKNOWN_OUTCOME,
                  opened.key() + " was given up by its stream (" + message + "): ask again"));
      ports.open().end(opened.key());
      proposeAbort(opened.key(), attempt);
    }
    answers.rejected(attempt.number, reason, message, head(attempt.open.image()));
    for (Attempt next : List.copyOf(attempts.tailMap(attempt.number, false).values())) {
      if (next.base() == attempt && next.isUnproposed()) {
        reject(
            next,
            Reason.REASON_ABORTED,
            "attempt %d, on which this one builds, was not committed: %s"
                .formatted(attempt.number, message));
      }
    }
  }

  /** Best effort: without it the id ends by the next Open, or after a silence. */
  private void proposeAbort(CheckpointKey key, Attempt attempt) {
    if (deposed) {
      return;
    }
    ports.proposals().propose(new Command.Abort(key, Optional.of(attempt.open.epoch())));
  }

  private long head(ImageId image) {
    return ports
        .catalog()
        .image(image)
        .flatMap(ImageState::head)
        .map(CheckpointId::value)
        .orElse(0L);
  }

  /** A disk failed: the process stops (PROTOCOL R13). */
  void fault(Attempt attempt, @Nullable Throwable cause) {
    Throwable known = cause == null ? new IllegalStateException("no cause") : cause;
    ports.failStop().stop("staging attempt of " + attempt.open.image() + " failed", known);
    answers.broken(known);
  }

  /** The stream is gone: what has its commit goes on, the rest waits for the log (PROTOCOL R9). */
  void abandon() {
    abandoned = true;
    for (Attempt attempt : attempts.values()) {
      switch (attempt.state()) {
        case WAITING -> attempt.ended(false);
        case OPEN -> {
          attempt.requireOpened().live().detach();
          attempt.ended(false);
        }
        case OPENING, FINISHING, FINISHED, COMMITTING, ENDED -> {}
      }
    }
    // What waited for the commit of one that will have none is refused now, not never.
    advance();
  }

  /**
   * This replica does not lead any more, so nothing of its doing may end a checkpoint that the next
   * leader may settle.
   */
  void depose() {
    deposed = true;
  }

  /** In the order of their numbers. */
  Collection<Attempt> all() {
    return List.copyOf(attempts.values());
  }

  /** Goes on in the mailbox when the future is done. */
  <T> void then(CompletableFuture<T> future, BiConsumer<@Nullable T, @Nullable Throwable> next) {
    future.whenComplete((value, failure) -> mailbox.post(() -> next.accept(value, failure)));
  }
}
