package io.hydrant.index.rocksdb;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.index.PageIndex.Change;
import io.hydrant.testkit.index.PageIndexContract;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RocksDbPageIndexTest extends PageIndexContract {
  private static final RocksDbIndexConfig CONFIG = new RocksDbIndexConfig(1 << 20, 1 << 20, 20, 1);

  @TempDir Path temporary;

  @Override
  protected PageIndex create() throws IOException {
    return RocksDbPageIndex.open(temporary.resolve("deep/index"), CONFIG);
  }

  @Override
  protected PageIndex reopen(PageIndex closed) throws IOException {
    return create();
  }

  @Test
  void secondProcessIsToldWhatToDo() throws IOException {
    try (RocksDbPageIndex _ = RocksDbPageIndex.open(temporary, CONFIG)) {
      IOException e =
          assertThrows(IOException.class, () -> RocksDbPageIndex.open(temporary, CONFIG));
      assertTrue(e.toString().contains("in use by another process"), e.toString());
    }
  }

  @Test
  void damagedTableIsCorruptionThatNamesTheDirectory() throws IOException {
    try (RocksDbPageIndex index = RocksDbPageIndex.open(temporary, CONFIG)) {
      index.flush(rows(1));
    }
    try (Stream<Path> files = Files.list(temporary)) {
      for (Path table : files.filter(file -> file.toString().endsWith(".sst")).toList()) {
        try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "rw")) {
          file.seek(1000);
          file.write(new byte[] {1, 2, 3});
        }
      }
    }
    try (RocksDbPageIndex index = RocksDbPageIndex.open(temporary, CONFIG)) {
      CorruptionException e = assertThrows(CorruptionException.class, () -> index.get(key(0)));
      assertTrue(e.toString().contains(temporary.toString()), e.toString());
      assertTrue(e.toString().contains("rebuilt"), e.toString());
    }
  }

  @Test
  void missingManifestRefusesToOpen() throws IOException {
    try (RocksDbPageIndex index = RocksDbPageIndex.open(temporary, CONFIG)) {
      index.flush(rows(1));
    }
    try (Stream<Path> files = Files.list(temporary)) {
      for (Path file : files.toList()) {
        if (String.valueOf(file.getFileName()).startsWith("MANIFEST")) {
          Files.delete(file);
        }
      }
    }
    IOException e = assertThrows(IOException.class, () -> RocksDbPageIndex.open(temporary, CONFIG));
    assertTrue(e.toString().contains(temporary.toString()), e.toString());
  }

  @Test
  void closedIndexSaysSo() throws IOException {
    RocksDbPageIndex index = RocksDbPageIndex.open(temporary, CONFIG);
    index.close();
    index.close();
    assertThrows(IllegalStateException.class, () -> index.get(key(1)));
    assertThrows(IllegalStateException.class, () -> index.flush(rows(1)));
    assertThrows(IllegalStateException.class, () -> index.scan(key(1), (_, _) -> true));
    assertThrows(IllegalStateException.class, index::storedBytes);
  }

  @Test
  void manyFlushesDoNotPileUp() throws IOException {
    try (RocksDbPageIndex index = RocksDbPageIndex.open(temporary, CONFIG)) {
      for (int round = 0; round < 40; round++) {
        index.flush(rows(round));
      }
      byte[] value = index.get(key(7));
      assertNotNull(value);
      assertEquals(39, value[0]);
      assertTrue(index.storedBytes() > 0);
    }
    try (Stream<Path> files = Files.list(temporary)) {
      long tables = files.filter(file -> file.toString().endsWith(".sst")).count();
      assertTrue(tables < 25, tables + " table files");
    }
  }

  static List<Change> rows(int value) {
    List<Change> changes = new ArrayList<>();
    for (int row = 0; row < 100; row++) {
      byte[] bytes = new byte[3_000];
      bytes[0] = (byte) value;
      changes.add(new Change.Put(key(row), bytes));
    }
    return changes;
  }

  static byte[] key(int row) {
    return new byte[] {'t', (byte) row};
  }
}
