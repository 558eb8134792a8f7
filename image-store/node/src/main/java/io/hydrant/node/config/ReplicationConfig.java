package io.hydrant.node.config;

import java.time.Duration;

/**
 * How bytes go from the leader of a group to its other replicas.
 *
 * @param allDeadline how long a checkpoint that wants all replicas waits for the last
 * @param lagBytesMax bytes without a majority from which protectors are slowed
 * @param windowBytes frames kept in memory for replicas that are a little behind
 * @param noMajority how long bytes may wait for a majority while the log is well
 */
public record ReplicationConfig(
    Duration allDeadline, long lagBytesMax, long windowBytes, Duration noMajority) {
  /** A few batches: less would stop every stream at once. */
  private static final long BYTES_MIN = 4 << 20;

  private static final long BYTES_MAX = 1L << 40;

  public ReplicationConfig {
    Ranges.check("cluster.all-deadline-millis", allDeadline.toMillis(), 100, 600_000);
    Ranges.check("cluster.majority-lag-bytes", lagBytesMax, BYTES_MIN, BYTES_MAX);
    Ranges.check("cluster.forward-window-bytes", windowBytes, BYTES_MIN, BYTES_MAX);
    Ranges.check("cluster.no-majority-seconds", noMajority.toSeconds(), 1, 600);
  }
}
