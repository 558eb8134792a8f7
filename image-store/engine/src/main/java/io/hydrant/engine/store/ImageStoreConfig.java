package io.hydrant.engine.store;

import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.SegmentLogConfig;

/**
 * @param identity whose files these are
 * @param log the segment log
 * @param mapCacheBytes heap bytes of page maps kept for reading
 * @param dirtyBytesMax heap bytes of changed page maps that make a snapshot due
 * @param logBytesMax bytes appended since the last snapshot that make one due (bounds the restart
 *     scan)
 * @param entriesMax entries applied since the last snapshot that make one due (bounds the replay)
 */
public record ImageStoreConfig(
    StoreIdentity identity,
    SegmentLogConfig log,
    long mapCacheBytes,
    long dirtyBytesMax,
    long logBytesMax,
    long entriesMax) {

  /** Settings for a server with a heap of 512 MB or more. */
  public static ImageStoreConfig standard(StoreIdentity identity) {
    return new ImageStoreConfig(
        identity, SegmentLogConfig.DEFAULT, 96L << 20, 96L << 20, 1L << 30, 20_000);
  }
}
