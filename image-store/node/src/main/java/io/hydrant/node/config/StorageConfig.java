package io.hydrant.node.config;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStoreConfig;

/**
 * The store's files and caches.
 *
 * @param segments the segment log
 * @param directWrites whether it is written past the page cache where the file system can do that
 * @param mapCacheBytes heap for page maps that are read
 * @param snapshots when a snapshot is due
 */
public record StorageConfig(
    SegmentLogConfig segments, boolean directWrites, long mapCacheBytes, SnapshotDue snapshots) {
  public StorageConfig {
    Ranges.check("storage.map-cache-bytes", mapCacheBytes, 1 << 20, 1L << 40);
  }

  /** A record does not span segments, and the largest, a batch, has to fit beside the headers. */
  private static final long SEGMENT_BYTES_MIN = 4 << 20;

  private static final long SEGMENT_BYTES_MAX = 1 << 30;

  /** Larger than the largest record, a page of 2 MiB with its header. */
  private static final long BUFFER_BYTES_MIN = 3 << 20;

  /** There are three, outside the heap. */
  private static final long BUFFER_BYTES_MAX = 64 << 20;

  static void checkSegments(long segmentBytes, long bufferBytes) {
    Ranges.check("storage.segment-bytes", segmentBytes, SEGMENT_BYTES_MIN, SEGMENT_BYTES_MAX);
    if (segmentBytes % StoreFile.PAGE_BYTES != 0) {
      throw new IllegalArgumentException(
          "storage.segment-bytes must be a multiple of 4096, not " + segmentBytes);
    }
    Ranges.check("storage.append-buffer-bytes", bufferBytes, BUFFER_BYTES_MIN, BUFFER_BYTES_MAX);
    if (bufferBytes > segmentBytes) {
      throw new IllegalArgumentException(
          "storage.append-buffer-bytes must be at most storage.segment-bytes, which is %d, not %d"
              .formatted(segmentBytes, bufferBytes));
    }
  }

  static void checkSpace(long reserveBytes, int sparesMax) {
    Ranges.check("storage.reserve-bytes", reserveBytes, 0, 1L << 60);
    Ranges.check("storage.spare-segments-max", sparesMax, 0, 1 << 20);
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

  /** As the engine takes it: the page maps of one commit may take half of the heap, no more. */
  public ImageStoreConfig forStore(StoreIdentity identity) {
    return new ImageStoreConfig(
            identity,
            segments,
            mapCacheBytes,
            snapshots.dirtyBytes(),
            snapshots.logBytes(),
            snapshots.entries())
        .withPublishHeapBytesMax(Runtime.getRuntime().maxMemory() / 2);
  }
}
