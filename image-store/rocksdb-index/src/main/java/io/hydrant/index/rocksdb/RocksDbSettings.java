package io.hydrant.index.rocksdb;

import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.InfoLogLevel;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.RocksDB;

/**
 * RocksDB's options for rows of some 10 to 30 KB that are read one at a time and written a few
 * thousand at a time, and the native objects that must outlive the database.
 */
final class RocksDbSettings implements AutoCloseable {
  static {
    RocksDB.loadLibrary();
  }

  /** A row is a block or most of one: reading it reads little else. */
  private static final long BLOCK_BYTES = 16 << 10;

  /**
   * Without it, a get would read a block of each level-0 file that does not have the row; with it,
   * the files hold some 1.25 bytes a row more.
   */
  private static final double BLOOM_BITS_PER_KEY = 10;

  private static final long TABLE_FILE_BYTES = 64L << 20;
  private static final long BASE_LEVEL_BYTES = 512L << 20;
  private static final long INFO_LOG_BYTES_MAX = 1 << 20;
  private static final long INFO_LOGS_KEPT = 2;
  private static final long MANIFEST_BYTES_MAX = 4 << 20;

  private final Cache blockCache;
  private final BloomFilter bloom;
  private final Options options;

  /**
   * Without compression: maps are packed already and mostly checksums and offsets. Measured on
   * 1,280 maps of 2,048 scattered rows (FlushTiming), LZ4 and zstd saved nothing and cost 80 and
   * 170 % more time per flush.
   */
  RocksDbSettings(RocksDbIndexConfig config) {
    this(config, CompressionType.NO_COMPRESSION);
  }

  RocksDbSettings(RocksDbIndexConfig config, CompressionType compression) {
    blockCache = new LRUCache(config.blockCacheBytes());
    bloom = new BloomFilter(BLOOM_BITS_PER_KEY);
    options =
        new Options()
            .setCreateIfMissing(true)
            .setTableFormatConfig(
                new BlockBasedTableConfig()
                    .setBlockCache(blockCache)
                    .setBlockSize(BLOCK_BYTES)
                    .setFilterPolicy(bloom))
            .setCompressionType(compression)
            .setWriteBufferSize(config.writeBufferBytes())
            .setTargetFileSizeBase(TABLE_FILE_BYTES)
            .setMaxBytesForLevelBase(BASE_LEVEL_BYTES)
            .setMaxOpenFiles(config.openFilesMax())
            .setMaxBackgroundJobs(config.backgroundJobs())
            .setMaxManifestFileSize(MANIFEST_BYTES_MAX)
            .setInfoLogLevel(InfoLogLevel.WARN_LEVEL)
            .setMaxLogFileSize(INFO_LOG_BYTES_MAX)
            .setKeepLogFileNum(INFO_LOGS_KEPT)
            .setStatsDumpPeriodSec(0)
            .setStatsPersistPeriodSec(0);
  }

  Options options() {
    return options;
  }

  @Override
  public void close() {
    options.close();
    bloom.close();
    blockCache.close();
  }
}
