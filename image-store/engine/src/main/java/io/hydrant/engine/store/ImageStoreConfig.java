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
 * @param publishHeapBytesMax heap bytes that the page maps of one checkpoint may take while its
 *     commit is applied, beside the rest: larger images are refused when a checkpoint is opened. A
 *     part of the largest heap
 * @param recentBytesMax heap bytes of what was appended lately, without page bytes, kept so that
 *     publishing it reads nothing back
 */
public record ImageStoreConfig(
    StoreIdentity identity,
    SegmentLogConfig log,
    long mapCacheBytes,
    long dirtyBytesMax,
    long logBytesMax,
    long entriesMax,
    long publishHeapBytesMax,
    long recentBytesMax) {

  /**
   * Without a bound on what one commit takes; a quarter of the map cache for what was appended
   * lately.
   */
  public ImageStoreConfig(
      StoreIdentity identity,
      SegmentLogConfig log,
      long mapCacheBytes,
      long dirtyBytesMax,
      long logBytesMax,
      long entriesMax) {
    this(
        identity,
        log,
        mapCacheBytes,
        dirtyBytesMax,
        logBytesMax,
        entriesMax,
        Long.MAX_VALUE,
        mapCacheBytes / 4);
  }

  /** This with another bound on what one commit takes. */
  public ImageStoreConfig withPublishHeapBytesMax(long bytes) {
    return new ImageStoreConfig(
        identity,
        log,
        mapCacheBytes,
        dirtyBytesMax,
        logBytesMax,
        entriesMax,
        bytes,
        recentBytesMax);
  }

  /** This with another bound on what is kept of what was appended lately. */
  public ImageStoreConfig withRecentBytesMax(long bytes) {
    return new ImageStoreConfig(
        identity,
        log,
        mapCacheBytes,
        dirtyBytesMax,
        logBytesMax,
        entriesMax,
        publishHeapBytesMax,
        bytes);
  }

  /** Settings for a server with a heap of 512 MB or more. */
  public static ImageStoreConfig standard(StoreIdentity identity) {
    return new ImageStoreConfig(
        identity, SegmentLogConfig.DEFAULT, 96L << 20, 96L << 20, 1L << 30, 20_000);
  }
}
