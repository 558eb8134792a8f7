package io.hydrant.node.config;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStoreConfig.HeapBounds;
import io.hydrant.engine.store.ImageStoreConfig.SnapshotBounds;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The store's files and caches.
 *
 * @param segments the segment log
 * @param capacityBytes that segment files may take; 0: all of the device
 * @param warnPercent of the capacity: with less room than that a server says that it is low
 * @param directWrites whether it is written past the page cache where the file system can do that
 * @param mapCacheBytes heap for page maps that are read
 * @param snapshots when a snapshot is due
 * @param faults where a test orders faults of the disk; empty: it has only its own
 */
public record StorageConfig(
    SegmentLogConfig segments,
    long capacityBytes,
    int warnPercent,
    boolean directWrites,
    long mapCacheBytes,
    SnapshotBounds snapshots,
    Optional<Path> faults) {
  public StorageConfig {
    checkCapacity(segments, capacityBytes);
    Ranges.check("storage.warn-percent", warnPercent, 0, 90);
    Ranges.check("storage.map-cache-bytes", mapCacheBytes, 1 << 20, 1L << 40);
    check(snapshots);
  }

  /** A record does not span segments, and the largest, a batch, has to fit beside the headers. */
  private static final long SEGMENT_BYTES_MIN = 4 << 20;

  /** The open one, the next one, that of survivors, one that is cleaned, and something to keep. */
  private static final int SEGMENTS_MIN = 5;

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

  /** Less would refuse every checkpoint for ever. */
  private static void checkCapacity(SegmentLogConfig segments, long capacityBytes) {
    long least = segments.reserveBytes() + (long) SEGMENTS_MIN * segments.segmentBytes();
    if (capacityBytes != 0) {
      Ranges.check("storage.capacity-bytes", capacityBytes, least, 1L << 60);
    }
  }

  private static void check(SnapshotBounds snapshots) {
    Ranges.check("storage.snapshot-dirty-bytes", snapshots.dirtyBytes(), 1 << 20, 1L << 40);
    Ranges.check("storage.snapshot-log-bytes", snapshots.logBytes(), 1 << 20, 1L << 40);
    Ranges.check("storage.snapshot-entries", snapshots.entries(), 100, 10_000_000);
  }

  /** As the engine takes it: the page maps of one commit may take half of the heap, no more. */
  public ImageStoreConfig forStore(StoreIdentity identity) {
    return new ImageStoreConfig(
        identity,
        segments,
        HeapBounds.of(mapCacheBytes, Runtime.getRuntime().maxMemory() / 2),
        snapshots);
  }
}
