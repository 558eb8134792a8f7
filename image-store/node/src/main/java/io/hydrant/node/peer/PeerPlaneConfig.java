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
 * @param threads for receiving, and as many for sending
 */
public record PeerPlaneConfig(
    long windowBytes,
    long lagBytesMax,
    Duration noMajority,
    Duration allDeadline,
    Duration settle,
    int threads) {
  public PeerPlaneConfig {
    if (windowBytes < 1 || lagBytesMax < 1 || threads < 1) {
      throw new IllegalArgumentException("windows and threads must be positive");
    }
  }

  /** The defaults of docs/configuration.md. */
  public static PeerPlaneConfig usual() {
    return new PeerPlaneConfig(
        48L << 20,
        64L << 20,
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(2),
        2);
  }
}
