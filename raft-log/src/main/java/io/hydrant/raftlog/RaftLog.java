package io.hydrant.raftlog;

import java.util.concurrent.CompletableFuture;

/** A replicated log of small opaque commands; one replica of one group. */
public interface RaftLog extends AutoCloseable {
  /** Commands are small: page bytes never enter the log. */
  int COMMAND_BYTES_MAX = 1 << 20;

  /**
   * Replicates a command and completes with what {@link ReplicatedStateMachine#apply} answered
   * here. Commands submitted by one thread are ordered as submitted.
   *
   * <p>Fails with {@link NotLeaderException} (nothing was appended: ask another), {@link
   * LogBusyException} (too much is outstanding, nothing was appended: try later), or {@link
   * UnknownOutcomeException} (it may or may not be applied later; also when the log is closed or
   * has stopped).
   *
   * <p>What depends on the answer may run on the thread that applies, and must not block it.
   *
   * @param command copied; at most {@link #COMMAND_BYTES_MAX} bytes
   * @throws IllegalArgumentException if it is larger
   */
  CompletableFuture<byte[]> submit(byte[] command);

  /**
   * Completes with an index at which everything acknowledged before the call is applied here (read
   * index). Fails as {@link #submit} does.
   */
  CompletableFuture<Long> readIndex();

  Status status();

  /**
   * Ends taking part; returns when nothing is applied any more. Unanswered submissions end as
   * unknown. Called again, it does nothing.
   */
  @Override
  void close() throws Exception;

  /**
   * @param leader whether this replica leads and has applied everything of earlier terms
   * @param leaderId id of the leader as far as known, or empty
   * @param snapshotIndex up to where the state is durable, as far as it has told; -1 if it never
   *     has
   * @param firstIndex first entry that the log still holds
   */
  record Status(
      String selfId,
      boolean leader,
      String leaderId,
      long term,
      long lastAppliedIndex,
      long lastCommittedIndex,
      long snapshotIndex,
      long firstIndex) {}
}
