package io.hydrant.node.peer;

import java.time.Duration;

/**
 * How the data plane behaves.
 *
 * @param windowBytes frames kept in memory for peers that are a little behind
 * @param lagBytesMax bytes without a majority from which protectors are slowed
 * @param noMajority how long bytes may wait for a majority while the log is well
 * @param allDeadline how long a checkpoint that wants all replicas waits for the last
 * @param settle how long a new leader waits for the voters' answers
 * @param stageThreads for receiving what a leader sends
 * @param forwardThreads for sending while this replica leads
 */
public record PeerPlaneConfig(
    long windowBytes,
    long lagBytesMax,
    Duration noMajority,
    Duration allDeadline,
    Duration settle,
    int stageThreads,
    int forwardThreads) {
  public PeerPlaneConfig {
    if (windowBytes < 1 || lagBytesMax < 1 || stageThreads < 1 || forwardThreads < 1) {
      throw new IllegalArgumentException("windows and threads must be positive");
    }
  }
}
