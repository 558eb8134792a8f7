package io.hydrant.node.config;

import io.hydrant.raftlog.RaftLogConfig.Bounds;

/**
 * How much of the replicated log of several nodes is kept.
 *
 * @param keptEntries newest entries that stay although the state covers them: a member that was
 *     away for no more than these replays them, else it gets the state of another and compares
 *     every tract
 * @param segmentBytes of a log file: the log is purged by whole files
 */
public record LogConfig(int keptEntries, int segmentBytes) {
  private static final int KEPT_MAX = 10_000_000;

  public LogConfig {
    Ranges.check("cluster.log-kept-entries", keptEntries, 1, KEPT_MAX);
    Ranges.check("cluster.log-segment-bytes", segmentBytes, 16 << 10, 1 << 30);
  }

  /** What is kept is looked at as often as it matters. */
  public Bounds bounds() {
    Bounds usual = Bounds.GROUP;
    return new Bounds(
        segmentBytes,
        Math.min(usual.snapshotEveryEntries(), keptEntries),
        usual.snapshotEveryBytes(),
        keptEntries,
        usual.outstandingCommandsMax(),
        usual.outstandingBytesMax());
  }
}
