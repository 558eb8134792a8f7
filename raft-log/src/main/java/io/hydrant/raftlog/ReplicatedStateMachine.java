package io.hydrant.raftlog;

import java.util.concurrent.CompletableFuture;

/**
 * What is replicated. All methods but {@link #leadershipChanged}, {@link #membershipChanged} and
 * {@link #failed} are called by one thread at a time, in log order; {@link #install} comes between
 * them.
 *
 * <p>The log's duty: every entry behind {@link #restored} is applied exactly once per life, in
 * order, but for those that an install has made needless. The state machine's duty: {@link #apply}
 * is deterministic, and total for the commands that were ever submitted; what it throws stops the
 * replica (PROTOCOL R15: apply never skips).
 */
public interface ReplicatedStateMachine {
  /** Position of the durable state with which this life begins. Called once, before any apply. */
  LogPosition restored();

  /** Why there is state at {@link #restored}. */
  StateOrigin origin();

  /** Applies a command and returns the answer for whoever submitted it. */
  byte[] apply(LogPosition position, byte[] command) throws Exception;

  /** An entry of the log's own: only the position moves. */
  void skip(LogPosition position);

  /**
   * Asked for a snapshot now and then. Must return quickly with the position of the newest durable
   * one, and may start the next in the background.
   */
  LogPosition snapshot();

  /**
   * The leader has purged what this replica needs: the state has to come from elsewhere. Begins at
   * once and completes with the position of the new state when that is durable here, {@link
   * StateOrigin#INSTALLED} with it. It is at or above the first available entry and everything
   * applied here, and one that the leader has applied. A failure leaves the old state as it is;
   * another attempt follows as long as the leader sees the need.
   *
   * <p>Until it has completed nothing is applied and no snapshot is asked for; then entries behind
   * the new position follow. A crash at any time must leave the old state or the new one.
   *
   * @param firstAvailable first entry that the leader can send
   * @param leader its addresses are empty if they are not known
   */
  CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader);

  /** This replica has become leader of the term, or is not any more. Any thread; must not block. */
  void leadershipChanged(boolean leader, long term);

  /**
   * An entry that names the members was applied here, or came with an install; by ascending index,
   * and also when only the index is new. Any thread; must not block.
   */
  void membershipChanged(Membership membership);

  /** The replica has stopped for good: an apply threw, or the log's disk failed. Any thread. */
  void failed(Throwable cause);
}
