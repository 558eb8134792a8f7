package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

final class CatalogFilesTest {
  private static final StoreIdentity IDENTITY = GoldenCatalog.IDENTITY;
  private static final int VERSION_OFFSET = 8;
  private static final int CHECKSUM_OFFSET = 100;

  private final MemoryFiles memory = new MemoryFiles();
  private final CatalogFiles files = new CatalogFiles(memory, IDENTITY);

  @Test
  void isTheGoldenFile() throws IOException {
    Catalog catalog = GoldenCatalog.build();
    files.write(catalog.encode(), catalog.applied(), EntryPosition.NONE);
    String name = "catalog-%020d.hyd".formatted(catalog.applied().index());
    assertEquals(List.of(name), memory.list());
    Golden.compare("catalog-file-v6.bin", memory.bytes(name));
  }

  @Test
  void readsAFileOfVersion1() throws IOException {
    Catalog catalog = GoldenCatalog.ofVersion1();
    String name = "catalog-%020d.hyd".formatted(catalog.applied().index());
    memory.put(name, Golden.read("catalog-file-v1.bin"));
    assertArrayEquals(catalog.encode(), files.read(catalog.applied()).orElseThrow().encode());
  }

  @Test
  void readsAFileOfVersion2() throws IOException {
    Catalog catalog = GoldenCatalog.ofVersion2();
    String name = "catalog-%020d.hyd".formatted(catalog.applied().index());
    memory.put(name, Golden.read("catalog-file-v2.bin"));
    assertArrayEquals(catalog.encode(), files.read(catalog.applied()).orElseThrow().encode());
  }

  @Test
  void readsAFileOfVersion3() throws IOException {
    Catalog catalog = GoldenCatalog.ofVersion3();
    String name = "catalog-%020d.hyd".formatted(catalog.applied().index());
    memory.put(name, Golden.read("catalog-file-v3.bin"));
    assertArrayEquals(catalog.encode(), files.read(catalog.applied()).orElseThrow().encode());
  }

  @Test
  void readsAFileOfVersion4() throws IOException {
    Catalog catalog = GoldenCatalog.ofVersion4();
    String name = "catalog-%020d.hyd".formatted(catalog.applied().index());
    memory.put(name, Golden.read("catalog-file-v4.bin"));
    assertArrayEquals(catalog.encode(), files.read(catalog.applied()).orElseThrow().encode());
  }

  @Test
  void readsAFileOfVersion5() throws IOException {
    Catalog catalog = GoldenCatalog.ofVersion5();
    String name = "catalog-%020d.hyd".formatted(catalog.applied().index());
    memory.put(name, Golden.read("catalog-file-v5.bin"));
    assertArrayEquals(catalog.encode(), files.read(catalog.applied()).orElseThrow().encode());
  }

  @Test
  void readsExactlyTheIndexAskedFor() throws IOException {
    Catalog catalog = GoldenCatalog.build();
    EntryPosition at = catalog.applied();
    files.write(catalog.encode(), at, EntryPosition.NONE);
    assertArrayEquals(catalog.encode(), files.read(at).orElseThrow().encode());
    assertTrue(files.read(new EntryPosition(at.term(), at.index() + 1)).isEmpty());
    assertThrows(
        CorruptionException.class, () -> files.read(new EntryPosition(at.term() + 1, at.index())));
  }

  @Test
  void keepsTheNewOneAndTheOneInUse() throws IOException {
    write(10, -1);
    assertEquals(List.of(10L), files.list());
    write(20, 10);
    write(30, 20);
    assertEquals(List.of(20L, 30L), files.list());
    write(40, 20);
    assertEquals(List.of(20L, 40L), files.list(), "30 was never in use");
    write(35, 20);
    assertEquals(List.of(20L, 35L), files.list(), "40 is from before a crash");
    write(35, 20);
    assertEquals(List.of(20L, 35L), files.list());
  }

  @Test
  void sweepsLeftoversAndNothingElse() throws IOException {
    String leftover = "catalog-00000000000000000007.hyd.tmp";
    memory.put(leftover, new byte[3]);
    memory.put("catalog-00000000000000000010.hyd.tmp", new byte[3]);
    memory.put("identity", new byte[3]);
    memory.put("catalog-99999999999999999999.txt", new byte[3]);
    write(10, -1);
    assertEquals(
        List.of("catalog-00000000000000000010.hyd", "catalog-99999999999999999999.txt", "identity"),
        memory.list());
    assertEquals(List.of(10L), files.list());
  }

  @Test
  void aCrashAtAnyCallLeavesTheOneInUse() throws IOException {
    for (int calls = 0; ; calls++) {
      MemoryFiles disk = new MemoryFiles();
      new CatalogFiles(disk, IDENTITY).write(at(10).encode(), position(10), EntryPosition.NONE);
      new CatalogFiles(disk, IDENTITY).write(at(20).encode(), position(20), position(10));
      disk.dieAfter(calls);
      boolean done = true;
      try {
        new CatalogFiles(disk, IDENTITY).write(at(30).encode(), position(30), position(20));
      } catch (IOException e) {
        assertEquals("died", e.getMessage());
        done = false;
      }
      for (MemoryFiles left : List.of(disk, disk.afterPowerCut())) {
        left.dieAfter(Integer.MAX_VALUE);
        CatalogFiles after = new CatalogFiles(left, IDENTITY);
        assertTrue(after.read(position(20)).isPresent());
        Optional<Catalog> newest = after.read(position(30));
        assertTrue(newest.isPresent() || !done, "after " + calls + " calls");
        after.write(at(40).encode(), position(40), position(20));
        assertEquals(List.of(20L, 40L), after.list());
      }
      if (done) {
        assertTrue(calls > 5, "calls: " + calls);
        return;
      }
    }
  }

  @Test
  void aFullDiskLeavesWhatWasThere() throws IOException {
    write(10, -1);
    memory.usable(50);
    assertThrows(DiskFullException.class, () -> write(20, 10));
    assertTrue(files.read(position(10)).isPresent());
    memory.usable(Long.MAX_VALUE);
    write(20, 10);
    assertEquals(List.of(10L, 20L), files.list());
    assertEquals(2, memory.list().size());
  }

  @Test
  void everyDamagedByteIsCorruption() throws IOException {
    write(10, -1);
    String name = memory.list().getFirst();
    byte[] good = memory.bytes(name);
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 0x10;
      memory.put(name, bad);
      CorruptionException e =
          assertThrows(CorruptionException.class, () -> files.read(position(10)), "byte " + at);
      assertEquals("/store/" + name, e.path());
    }
    for (int length = 0; length < good.length; length++) {
      memory.put(name, Arrays.copyOf(good, length));
      assertThrows(CorruptionException.class, () -> files.read(position(10)), "length " + length);
    }
    memory.put(name, Arrays.copyOf(good, good.length + 1));
    assertThrows(CorruptionException.class, () -> files.read(position(10)));
  }

  @Test
  void aFileUnderAnotherNameIsCorruption() throws IOException {
    write(10, -1);
    memory.put("catalog-00000000000000000011.hyd", memory.bytes(memory.list().getFirst()));
    assertThrows(CorruptionException.class, () -> files.read(position(11)));
  }

  @Test
  void aCatalogOfAnotherPositionIsCorruption() throws IOException {
    files.write(at(10).encode(), position(11), EntryPosition.NONE);
    assertThrows(CorruptionException.class, () -> files.read(position(11)));
    files.write(new byte[] {1, 2, 3}, position(12), EntryPosition.NONE);
    assertThrows(CorruptionException.class, () -> files.read(position(12)));
  }

  @Test
  void namesTheVersionThatItCannotRead() throws IOException {
    write(10, -1);
    String name = memory.list().getFirst();
    for (int version : new int[] {0, CatalogFormat.VERSION + 1}) {
      byte[] other = memory.bytes(name).clone();
      ByteBuffer view = ByteBuffer.wrap(other).order(ByteOrder.LITTLE_ENDIAN);
      view.putShort(VERSION_OFFSET, (short) version);
      view.putShort(VERSION_OFFSET + 2, (short) version);
      CRC32C crc = new CRC32C();
      crc.update(other, 0, CHECKSUM_OFFSET);
      view.putInt(CHECKSUM_OFFSET, (int) crc.getValue());
      memory.put(name, other);
      String message =
          String.valueOf(
              assertThrows(UnsupportedFormatException.class, () -> files.read(position(10)))
                  .getMessage());
      assertTrue(message.contains(version == 0 ? "older" : "newer"), message);
    }
  }

  @Test
  void refusesAnotherStoresFile() throws IOException {
    write(10, -1);
    UUID other = new UUID(9, 9);
    for (StoreIdentity stranger :
        List.of(
            new StoreIdentity(other, IDENTITY.group(), IDENTITY.store()),
            new StoreIdentity(IDENTITY.cluster(), other, IDENTITY.store()),
            new StoreIdentity(IDENTITY.cluster(), IDENTITY.group(), other))) {
      CatalogFiles theirs = new CatalogFiles(memory, stranger);
      assertThrows(WrongIdentityException.class, () -> theirs.read(position(10)));
    }
  }

  private void write(long index, long inUse) throws IOException {
    files.write(
        at(index).encode(), position(index), inUse < 0 ? EntryPosition.NONE : position(inUse));
  }

  private static Catalog at(long index) {
    Catalog catalog = new Catalog();
    catalog.skip(position(index));
    return catalog;
  }

  private static EntryPosition position(long index) {
    return new EntryPosition(3, index);
  }
}
