package io.hydrant.index.rocksdb;

/**
 * Settings of one index.
 *
 * @param blockCacheBytes native memory for blocks read; page maps have a cache of their own above
 * @param writeBufferBytes size at which RocksDB calls a memtable full; a flush may be larger, since
 *     a batch is never split. After the device was full, RocksDB goes on by itself only when there
 *     is room for some of these (tried: with 256 MiB it never did on a small device), so keep it
 *     well below the reserve that ingest leaves
 * @param openFilesMax table files kept open
 * @param backgroundJobs flushes and compactions at a time
 */
public record RocksDbIndexConfig(
    long blockCacheBytes, long writeBufferBytes, int openFilesMax, int backgroundJobs) {
  /** Below this, RocksDB rounds up anyway. */
  private static final long WRITE_BUFFER_BYTES_MIN = 64 << 10;

  /** RocksDB keeps a few files open that do not count. */
  private static final int OPEN_FILES_MIN = 20;

  /** For an engine that keeps page maps in a heap cache of its own. */
  public static final RocksDbIndexConfig DEFAULT =
      new RocksDbIndexConfig(32L << 20, 16L << 20, 256, 2);

  public RocksDbIndexConfig {
    if (blockCacheBytes < 0) {
      throw new IllegalArgumentException(
          "blockCacheBytes must not be negative: " + blockCacheBytes);
    }
    if (writeBufferBytes < WRITE_BUFFER_BYTES_MIN) {
      throw new IllegalArgumentException(
          "writeBufferBytes must be at least 64 KiB: " + writeBufferBytes);
    }
    if (openFilesMax < OPEN_FILES_MIN) {
      throw new IllegalArgumentException("openFilesMax must be at least 20: " + openFilesMax);
    }
    if (backgroundJobs < 1) {
      throw new IllegalArgumentException("backgroundJobs must be positive: " + backgroundJobs);
    }
  }
}
