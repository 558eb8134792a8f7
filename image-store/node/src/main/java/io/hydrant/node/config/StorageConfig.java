package io.hydrant.node.config;

import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStoreConfig;

/**
 * The store's files and caches.
 *
 * @param segments the segment log
 * @param mapCacheBytes heap for page maps that are read
 * @param snapshots when a snapshot is due
 */
public record StorageConfig(SegmentLogConfig segments, long mapCacheBytes, SnapshotDue snapshots) {
  public StorageConfig {
    Ranges.check("storage.map-cache-bytes", mapCacheBytes, 1 << 20, 1L << 40);
  }

  /**
   * A snapshot is due when any of these is reached.
   *
   * @param dirtyBytes heap bytes of changed page maps
   * @param logBytes bytes appended since the last one
   * @param entries entries applied since the last one
   */
  public record SnapshotDue(long dirtyBytes, long logBytes, long entries) {
    public SnapshotDue {
      Ranges.check("storage.snapshot-dirty-bytes", dirtyBytes, 1 << 20, 1L << 40);
      Ranges.check("storage.snapshot-log-bytes", logBytes, 1 << 20, 1L << 40);
      Ranges.check("storage.snapshot-entries", entries, 100, 10_000_000);
    }
  }

  /** As the engine takes it. */
  public ImageStoreConfig forStore(StoreIdentity identity) {
    return new ImageStoreConfig(
        identity,
        segments,
        mapCacheBytes,
        snapshots.dirtyBytes(),
        snapshots.logBytes(),
        snapshots.entries());
  }
}
