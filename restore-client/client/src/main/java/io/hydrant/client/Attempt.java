package io.hydrant.client;

import io.hydrant.v1.CommitCheckpoint;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * One attempt to write one checkpoint, seen from the client.
 *
 * <table>
 * <caption>states</caption>
 * <tr><th>state</th><th>event</th><th>next</th></tr>
 * <tr><td>OPENING</td><td>opened</td><td>OPEN</td></tr>
 * <tr><td>OPEN</td><td>commit is sent: its id is known, and its base's commit was sent</td>
 *     <td>COMMITTING</td></tr>
 * <tr><td>OPENING, OPEN</td><td>rejected, aborted, connection lost, deadline</td>
 *     <td>ENDED: certainly not committed</td></tr>
 * <tr><td>COMMITTING</td><td>committed, or rejected for good</td><td>ENDED</td></tr>
 * <tr><td>COMMITTING</td><td>connection lost, deadline, an answer that leaves it open</td>
 *     <td>SETTLING</td></tr>
 * <tr><td>OPENING, OPEN, SETTLING</td><td>connection lost, or settled as aborted, and all that was
 *     sent is kept: goes to another leader under a new id</td><td>OPENING</td></tr>
 * <tr><td>SETTLING</td><td>settled, or the time for it is over (unknown)</td><td>ENDED</td></tr>
 * </table>
 *
 * A commit waits for the id, so that an unknown outcome can always be settled. Guarded by the lock
 * of its {@link WriteState}, except {@link #outcome}.
 */
final class Attempt {
  enum State {
    OPENING,
    OPEN,
    COMMITTING,
    SETTLING,
    ENDED
  }

  final long number;
  final CheckpointReplay replay;
  final CompletableFuture<CommittedCheckpoint> outcome = new CompletableFuture<>();

  private State state = State.OPENING;
  private @Nullable Attempt base;
  private long checkpoint;
  private long durableBatches;
  private @Nullable CommitCheckpoint claim;
  private @Nullable HydrantException failure;
  private @Nullable Future<?> timer;
  private long progressNanos = System.nanoTime();
  private boolean waiting;

  Attempt(long number, @Nullable Attempt base, CheckpointReplay replay) {
    this.number = number;
    this.base = base;
    this.replay = replay;
  }

  State state() {
    return state;
  }

  /** Whether bytes may still be added, and whether it may still be aborted. */
  boolean isBeforeCommit() {
    return state == State.OPENING || state == State.OPEN;
  }

  boolean isPastCommit() {
    return state == State.COMMITTING || state == State.SETTLING;
  }

  /** What it builds on, if that was in flight; null once this one has ended. */
  @Nullable Attempt base() {
    return base;
  }

  /** 0 before it was opened. */
  long checkpoint() {
    return checkpoint;
  }

  long durableBatches() {
    return durableBatches;
  }

  @Nullable CommitCheckpoint claim() {
    return claim;
  }

  @Nullable HydrantException failure() {
    return failure;
  }

  void opened(long id) {
    move(State.OPENING, State.OPEN);
    checkpoint = id;
  }

  void durable(long batches) {
    durableBatches = Math.max(durableBatches, batches);
  }

  void wantCommit(CommitCheckpoint wanted) {
    claim = wanted;
  }

  boolean canSendCommit() {
    return state == State.OPEN
        && claim != null
        && (base == null || base.isPastCommit() || base.state == State.ENDED);
  }

  void committing() {
    move(State.OPEN, State.COMMITTING);
  }

  void settling() {
    move(State.COMMITTING, State.SETTLING);
  }

  /** Begins anew on another stream. */
  void reopened() {
    if (state == State.COMMITTING || state == State.ENDED) {
      throw new IllegalStateException("attempt %d is %s: settle it".formatted(number, state));
    }
    state = State.OPENING;
    checkpoint = 0;
    durableBatches = 0;
  }

  void ended(@Nullable HydrantException why) {
    if (state == State.ENDED) {
      throw new IllegalStateException("attempt " + number + " ended twice");
    }
    state = State.ENDED;
    failure = why;
    replay.drop();
    base = null; // or a steady stream of checkpoints would keep every earlier one
    if (timer != null) {
      timer.cancel(false);
      timer = null;
    }
  }

  /** Bytes were taken, an answer came, or it is now that one is waited for. */
  void progressed() {
    progressNanos = System.nanoTime();
  }

  long progressNanos() {
    return progressNanos;
  }

  /** Whether its writer waits for the network to take bytes. */
  void waiting(boolean isWaiting) {
    waiting = isWaiting;
  }

  /** Whether it is the server's turn; otherwise its writer may take any time. */
  boolean awaitsServer() {
    return state != State.OPEN || claim != null || waiting;
  }

  /** In the place of the one before. */
  void timer(Future<?> future) {
    if (timer != null) {
      timer.cancel(false);
    }
    timer = future;
  }

  private void move(State from, State to) {
    if (state != from) {
      throw new IllegalStateException("attempt %d is %s, not %s".formatted(number, state, from));
    }
    state = to;
  }
}
