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
   * <p>Fails with {@link NotLeaderException} (nothing was appended: ask another), or {@link
   * UnknownOutcomeException} (it may or may not be applied later).
   */
  CompletableFuture<byte[]> submit(byte[] command);

  /**
   * Completes with an index at which everything acknowledged before the call is applied here (read
   * index).
   */
  CompletableFuture<Long> readIndex();

  Status status();

  @Override
  void close() throws Exception;

  /**
   * @param leader whether this replica leads
   * @param leaderId id of the leader as far as known, or empty
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
