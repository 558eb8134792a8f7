package io.hydrant.index.rocksdb;

import io.hydrant.engine.index.PageIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.rocksdb.FlushOptions;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.Slice;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * The page index on RocksDB: one column family, no write-ahead log.
 *
 * <p>Why a flush is atomic and durable without a log:
 *
 * <ul>
 *   <li>All changes of a flush are one write batch. RocksDB changes to a new memtable only between
 *       batches (the check for a full one marks it, the next writer switches), so a batch lies
 *       whole in one memtable, however large it is.
 *   <li>A memtable becomes one table file, which counts from the moment when one record of the
 *       manifest names it. The file is synced before that record is written, and the record is
 *       synced before the flush returns. A crash leaves the record or not: the batch whole or not
 *       at all.
 *   <li>If RocksDB writes a full memtable on its own account, or the one that a failed flush left,
 *       it writes whole batches too, oldest first.
 * </ul>
 *
 * <p>Reads may see a flush that is under way, whole, shortly before it is durable.
 */
public final class RocksDbPageIndex implements PageIndex {
  /** Longer than any key (the port allows 64 bytes), of the highest bytes: behind every key. */
  private static final int BEHIND_ALL_BYTES = 65;

  /** RocksDB passes over a directory within its own. */
  private static final String LIBRARY_DIRECTORY = "native";

  private final Path directory;
  private final RocksDbSettings settings;
  private final RocksDB database;
  private final ReadOptions reads = new ReadOptions();
  private final WriteOptions writes = new WriteOptions().setDisableWAL(true);
  private final FlushOptions flushes = new FlushOptions().setWaitForFlush(true);
  private final Runnable betweenWriteAndFlush;

  /** Shared by calls into native code, exclusive for freeing what they use. */
  private final ReentrantReadWriteLock lifetime = new ReentrantReadWriteLock();

  private final Object flushing = new Object();
  private boolean closed;

  private RocksDbPageIndex(
      Path directory, RocksDbSettings settings, RocksDB database, Runnable betweenWriteAndFlush) {
    this.directory = directory;
    this.settings = settings;
    this.database = database;
    this.betweenWriteAndFlush = betweenWriteAndFlush;
  }

  /**
   * Opens the index in a directory, or creates it there.
   *
   * @throws io.hydrant.engine.files.CorruptionException if the files are damaged
   * @throws IOException also if another process has it open
   */
  public static RocksDbPageIndex open(Path directory, RocksDbIndexConfig config)
      throws IOException {
    RocksDbLibrary.load(directory.resolve(LIBRARY_DIRECTORY));
    return open(directory, new RocksDbSettings(config), () -> {});
  }

  /**
   * As {@link #open(Path, RocksDbIndexConfig)}; tests die between the two steps of a flush.
   *
   * @param settings closed with the index
   */
  static RocksDbPageIndex open(
      Path directory, RocksDbSettings settings, Runnable betweenWriteAndFlush) throws IOException {
    try {
      Files.createDirectories(directory);
      RocksDB database = RocksDB.open(settings.options(), directory.toString());
      return new RocksDbPageIndex(directory, settings, database, betweenWriteAndFlush);
    } catch (RocksDBException e) {
      settings.close();
      throw RocksDbErrors.of(directory, "opening it", e);
    } catch (IOException e) {
      settings.close();
      throw e;
    }
  }

  @Override
  public byte @Nullable [] get(byte[] key) throws IOException {
    lifetime.readLock().lock();
    try {
      requireOpen();
      return database.get(reads, key);
    } catch (RocksDBException e) {
      throw RocksDbErrors.of(directory, "reading a row", e);
    } finally {
      lifetime.readLock().unlock();
    }
  }

  @Override
  public void scan(byte[] prefix, Visitor visitor) throws IOException {
    lifetime.readLock().lock();
    try (Slice end = new Slice(behind(prefix));
        ReadOptions bounded = new ReadOptions().setIterateUpperBound(end).setFillCache(false)) {
      requireOpen();
      try (RocksIterator rows = database.newIterator(bounded)) {
        rows.seek(prefix);
        while (rows.isValid() && visitor.row(rows.key(), rows.value())) {
          rows.next();
        }
        rows.status();
      }
    } catch (RocksDBException e) {
      throw RocksDbErrors.of(directory, "scanning rows", e);
    } finally {
      lifetime.readLock().unlock();
    }
  }

  @Override
  public void flush(List<Change> changes) throws IOException {
    lifetime.readLock().lock();
    try {
      requireOpen();
      synchronized (flushing) {
        write(changes);
        betweenWriteAndFlush.run();
        database.flush(flushes);
      }
    } catch (RocksDBException e) {
      throw RocksDbErrors.of(directory, "flushing", e);
    } finally {
      lifetime.readLock().unlock();
    }
  }

  private void write(List<Change> changes) throws RocksDBException {
    try (WriteBatch batch = new WriteBatch()) {
      for (Change change : changes) {
        switch (change) {
          case Change.Put(byte[] key, byte[] value) -> batch.put(key, value);
          case Change.Delete(byte[] key) -> batch.delete(key);
          case Change.DeletePrefix(byte[] prefix) -> batch.deleteRange(prefix, behind(prefix));
        }
      }
      if (batch.count() > 0) {
        database.write(writes, batch);
      }
    }
  }

  /** The least key behind all keys with the prefix. */
  private static byte[] behind(byte[] prefix) {
    if (prefix.length == 0) {
      throw new IllegalArgumentException("the empty prefix would mean everything");
    }
    int length = prefix.length;
    while (length > 0 && prefix[length - 1] == -1) {
      length--;
    }
    if (length == 0) {
      byte[] all = new byte[BEHIND_ALL_BYTES];
      Arrays.fill(all, (byte) -1);
      return all;
    }
    byte[] end = Arrays.copyOf(prefix, length);
    end[length - 1]++;
    return end;
  }

  /** Bytes of all table files that count. */
  public long storedBytes() throws IOException {
    lifetime.readLock().lock();
    try {
      requireOpen();
      return database.getLongProperty("rocksdb.live-sst-files-size");
    } catch (RocksDBException e) {
      throw RocksDbErrors.of(directory, "asking for its size", e);
    } finally {
      lifetime.readLock().unlock();
    }
  }

  /** Ends compactions, closes the files, then frees what they were opened with. */
  @Override
  public void close() throws IOException {
    lifetime.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      database.closeE();
    } catch (RocksDBException e) {
      throw RocksDbErrors.of(directory, "closing it", e);
    } finally {
      reads.close();
      writes.close();
      flushes.close();
      settings.close();
      lifetime.writeLock().unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("page index %s is closed".formatted(directory));
    }
  }
}
