package io.hydrant.index.rocksdb;

import io.hydrant.engine.index.PageIndex.Change;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Flushes round after round, each putting its number into every row and saying so on standard
 * output when the flush has returned; dies when told to.
 */
final class DyingProcess {
  static final int ROWS = 400;

  /** Larger than the write buffer: a batch must not be split by it. */
  static final int ROW_BYTES = 4_000;

  static final RocksDbIndexConfig CONFIG = new RocksDbIndexConfig(1 << 20, 64 << 10, 20, 2);

  private DyingProcess() {}

  /** Arguments: directory, round between whose write and flush to die (0: run until killed). */
  public static void main(String[] arguments) throws IOException {
    int last = Integer.parseInt(arguments[1]);
    int[] round = {0};
    Runnable between =
        () -> {
          if (round[0] == last) {
            Runtime.getRuntime().halt(9);
          }
        };
    try (RocksDbPageIndex index =
        RocksDbPageIndex.open(Path.of(arguments[0]), new RocksDbSettings(CONFIG), between)) {
      while (true) {
        round[0]++;
        index.flush(changes(round[0]));
        System.out.println(round[0]);
        System.out.flush();
      }
    }
  }

  /** Rows of odd numbers are deleted by prefix and put again. */
  private static List<Change> changes(int round) {
    List<Change> changes = new ArrayList<>();
    changes.add(new Change.DeletePrefix(new byte[] {1}));
    for (int row = 0; row < ROWS; row++) {
      byte[] value = ByteBuffer.allocate(ROW_BYTES).putInt(round).array();
      changes.add(new Change.Put(key(row), value));
    }
    return changes;
  }

  static byte[] key(int row) {
    return ByteBuffer.allocate(5).put((byte) (row % 2)).putInt(row).array();
  }
}
