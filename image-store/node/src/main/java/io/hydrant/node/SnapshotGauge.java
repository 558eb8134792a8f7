package io.hydrant.node;

import io.hydrant.engine.store.ImageStore;
import java.util.Map;

/**
 * Whether the segment log has grown by more than a snapshot's share since the last one; one thread.
 */
final class SnapshotGauge {
  private final ImageStore store;
  private final long logBytesMax;
  private long snapshots = -1;
  private long syncedBytes;

  SnapshotGauge(ImageStore store, long logBytesMax) {
    this.store = store;
    this.logBytesMax = logBytesMax;
  }

  boolean isDue() {
    Map<String, Long> counters = store.counters();
    long taken = counters.getOrDefault("snapshot_count", 0L);
    long synced = counters.getOrDefault("segment_synced_bytes", 0L);
    if (taken != snapshots) {
      snapshots = taken;
      syncedBytes = synced;
    }
    return synced - syncedBytes >= logBytesMax;
  }
}
