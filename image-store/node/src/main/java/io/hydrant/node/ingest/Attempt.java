package io.hydrant.node.ingest;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.RegionTable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One attempt of one stream to write one checkpoint. Confined to the stream's mailbox.
 *
 * <pre>
 * state       event                                             next
 * WAITING     Open may be proposed                              OPENING
 * OPENING     Open was applied                                  OPEN
 * OPEN        commit received, counts and digest right          FINISHING
 * FINISHING   everything is durable with enough replicas        FINISHED
 * FINISHED    the base's Commit was proposed                    COMMITTING
 * COMMITTING  Commit was applied                                ENDED
 * any         rejected, aborted, stream given up                ENDED
 * </pre>
 */
final class Attempt {
  enum State {
    WAITING,
    OPENING,
    OPEN,
    FINISHING,
    FINISHED,
    COMMITTING,
    ENDED
  }

  /** What is known once Open was applied. */
  record Opened(
      CheckpointKey key, RegionTable regions, StagedGroup staged, OpenCheckpoints.Live live) {}

  final long number;
  final OpenStep open;

  private State state = State.WAITING;
  private @Nullable Attempt base;
  private @Nullable CheckpointKey key;
  private @Nullable Opened opened;
  private @Nullable Held held;
  private boolean committed;

  /** Its Open waits for room, and for how long it has. */
  boolean heldBack;

  long heldBackNanos;

  /** Whether its Open can be admitted or refused; null before that was asked. */
  @Nullable CompletableFuture<?> ready;

  /** Payload bytes staged since durability was last asked for. */
  long unsyncedBytes;

  /** Batches that were reported as durable. */
  int durableBatches;

  boolean durablePending;

  Attempt(long number, OpenStep open, @Nullable Attempt base) {
    this.number = number;
    this.open = open;
    this.base = base;
  }

  State state() {
    return state;
  }

  /**
   * The attempt of this stream that this one builds on; null if there is none, or it is committed.
   */
  @Nullable Attempt base() {
    return base;
  }

  /** The id that Open gave; null before. */
  @Nullable CheckpointKey key() {
    return key;
  }

  /**
   * Lets a base go that is committed and was named: else the last attempt would hold all before it.
   */
  void forgetCommittedBase() {
    if (base != null && base.committed && !isBeforeOpen()) {
      base = null;
    }
  }

  /** It cannot be opened yet: its image is being counted, or there is no room. */
  boolean isHeldBack() {
    CompletableFuture<?> counted = ready;
    return state == State.WAITING && (heldBack || counted != null && !counted.isDone());
  }

  boolean is(State wanted) {
    return state == wanted;
  }

  /** Committed, as opposed to ended without. */
  boolean committed() {
    return committed;
  }

  /** Has no id yet. */
  boolean isBeforeOpen() {
    return state == State.WAITING || state == State.OPENING;
  }

  /** Its Commit is not in the log, and may come there. */
  boolean isUnproposed() {
    return state != State.COMMITTING && state != State.ENDED;
  }

  /** Whether this attempt builds on another, directly or not. */
  boolean buildsOn(Attempt other) {
    for (Attempt ancestor = base; ancestor != null; ancestor = ancestor.base) {
      if (ancestor == other) {
        return true;
      }
    }
    return false;
  }

  void opening() {
    move(State.WAITING, State.OPENING);
  }

  void opened(Opened what) {
    move(State.OPENING, State.OPEN);
    opened = what;
    key = what.key();
  }

  void finishing() {
    move(State.OPEN, State.FINISHING);
  }

  void finished(Held by) {
    move(State.FINISHING, State.FINISHED);
    held = by;
  }

  void committing() {
    move(State.FINISHED, State.COMMITTING);
  }

  void ended(boolean byCommit) {
    if (state == State.ENDED) {
      throw new IllegalStateException("attempt " + number + " ended twice");
    }
    state = State.ENDED;
    committed = byCommit;
    // A later attempt may still name it: by its key, without what received its bytes.
    opened = null;
    held = null;
    base = null;
  }

  /** Null before Open was applied. */
  @Nullable Opened openedOrNull() {
    return opened;
  }

  Opened requireOpened() {
    if (opened == null) {
      throw new IllegalStateException("attempt " + number + " is not open");
    }
    return opened;
  }

  Held requireHeld() {
    if (held == null) {
      throw new IllegalStateException("attempt " + number + " is not held yet");
    }
    return held;
  }

  private void move(State from, State to) {
    if (state != from) {
      throw new IllegalStateException("attempt %d is %s, not %s".formatted(number, state, from));
    }
    state = to;
  }
}
