package io.hydrant.raftlog;

/**
 * What is replicated. All methods but {@link #leadershipChanged} and {@link #failed} are called by
 * one thread at a time, in log order.
 *
 * <p>The log's duty: every entry behind {@link #restored} is applied exactly once per life, in
 * order. The state machine's duty: {@link #apply} is deterministic, and total for the commands that
 * were ever submitted; what it throws stops the replica (PROTOCOL R15: apply never skips).
 */
public interface ReplicatedStateMachine {
  /** Position of the durable state with which this life begins. Called once, before any apply. */
  LogPosition restored();

  /** Applies a command and returns the answer for whoever submitted it. */
  byte[] apply(LogPosition position, byte[] command) throws Exception;

  /** An entry of the log's own: only the position moves. */
  void skip(LogPosition position);

  /**
   * Asked for a snapshot now and then. Must return quickly with the position of the newest durable
   * one, and may start the next in the background.
   */
  LogPosition snapshot();

  /** This replica has become leader of the term, or is not any more. Any thread; must not block. */
  void leadershipChanged(boolean leader, long term);

  /** The replica has stopped for good: an apply threw, or the log's disk failed. Any thread. */
  void failed(Throwable cause);
}
