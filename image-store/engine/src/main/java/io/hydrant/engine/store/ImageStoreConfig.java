package io.hydrant.engine.store;

import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.SegmentLogConfig;

/**
 * @param identity whose files these are
 * @param log the segment log
 */
public record ImageStoreConfig(
    StoreIdentity identity, SegmentLogConfig log, HeapBounds heap, SnapshotBounds snapshots) {

  /**
   * Heap bytes.
   *
   * @param mapCacheBytes page maps kept for reading
   * @param recentBytes what was appended lately, without page bytes, kept so that publishing it
   *     reads nothing back
   * @param publishBytes the page maps of one checkpoint while its commit is applied, beside the
   *     rest: larger images are refused when a checkpoint is opened. A part of the largest heap
   */
  public record HeapBounds(long mapCacheBytes, long recentBytes, long publishBytes) {
    /** A quarter of the map cache for what was appended lately. */
    public static HeapBounds of(long mapCacheBytes, long publishBytes) {
      return new HeapBounds(mapCacheBytes, mapCacheBytes / 4, publishBytes);
    }
  }

  /**
   * A snapshot is due when any of these is reached.
   *
   * @param dirtyBytes heap bytes of changed page maps
   * @param logBytes appended since the last one (bounds the restart scan)
   * @param entries applied since the last one (bounds the replay)
   */
  public record SnapshotBounds(long dirtyBytes, long logBytes, long entries) {
    /**
     * Never, not even at the end: for a look at what applying a log would make, which must leave
     * the files as they are.
     */
    public static final SnapshotBounds NEVER =
        new SnapshotBounds(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
  }

  /** This with another segment log. */
  public ImageStoreConfig with(SegmentLogConfig other) {
    return new ImageStoreConfig(identity, other, heap, snapshots);
  }

  /** This with other bounds on snapshots. */
  public ImageStoreConfig with(SnapshotBounds other) {
    return new ImageStoreConfig(identity, log, heap, other);
  }

  /** This with other bounds on the heap. */
  public ImageStoreConfig with(HeapBounds other) {
    return new ImageStoreConfig(identity, log, other, snapshots);
  }
}
