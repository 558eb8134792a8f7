package io.hydrant.testkit.files;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SimulatedFilesTest implements StoreFilesContract {
  private final SimulatedDisk disk = new SimulatedDisk();
  private final SimulatedFiles files = disk.files("d");

  @Override
  public StoreFiles files() {
    return files;
  }

  private StoreFile durableFile(int length) throws IOException {
    StoreFile file = files.create("a");
    file.write(0, filled(length, 1));
    file.sync();
    files.syncDirectory();
    return file;
  }

  @Test
  void whatWasSyncedSurvivesEveryPowerCut() throws IOException {
    durableFile(2000);
    for (int seed = 0; seed < 50; seed++) {
      disk.crash(new Random(seed));
      assertArrayEquals(filled(2000, 1).array(), disk.bytes("d", "a"));
    }
  }

  @Test
  void unsyncedSectorsAreKeptLostOrTornEachByItself() throws IOException {
    Set<String> outcomes = new HashSet<>();
    for (int seed = 0; seed < 300; seed++) {
      SimulatedDisk another = new SimulatedDisk();
      StoreFiles there = another.files("d");
      StoreFile file = there.create("a");
      file.write(0, filled(1024, 1));
      file.sync();
      there.syncDirectory();
      file.write(0, filled(1024, 2));
      another.crash(new Random(seed));
      byte[] bytes = another.bytes("d", "a");
      outcomes.add(
          outcome(Arrays.copyOf(bytes, 512)) + outcome(Arrays.copyOfRange(bytes, 512, 1024)));
    }
    for (String expected : List.of("oldold", "newnew", "oldnew", "newold", "tornold", "newtorn")) {
      assertTrue(outcomes.contains(expected), () -> expected + " not in " + outcomes);
    }
  }

  private static String outcome(byte[] sector) {
    boolean old = false;
    boolean young = false;
    for (byte value : sector) {
      assertTrue(value == 1 || value == 2, "a sector holds nothing that was never written");
      old |= value == 1;
      young |= value == 2;
    }
    return old && young ? "torn" : old ? "old" : "new";
  }

  @Test
  void ofUnsyncedNamesAPrefixSurvives() throws IOException {
    Set<List<String>> outcomes = new HashSet<>();
    for (int seed = 0; seed < 100; seed++) {
      SimulatedDisk another = new SimulatedDisk();
      StoreFiles there = another.files("d");
      there.create("a").close();
      there.syncDirectory();
      there.create("b").close();
      there.rename("a", "c");
      there.delete("b");
      another.crash(new Random(seed));
      outcomes.add(another.files("d").list());
    }
    assertEquals(
        Set.of(List.of("a"), List.of("a", "b"), List.of("b", "c"), List.of("c")), outcomes);
  }

  @Test
  void aKilledProcessLosesNothingAndMakesNothingDurable() throws IOException {
    durableFile(512).write(0, filled(512, 2));
    assertFalse(disk.isDurable());
    disk.processKill();
    assertArrayEquals(filled(512, 2).array(), disk.bytes("d", "a"));
    assertFalse(disk.isDurable());
    assertThrows(SimulatedCrash.class, files::list, "the old process is dead");
    assertEquals(List.of("a"), disk.files("d").list());
  }

  @Test
  void aFailedSyncLeavesBytesThatTheNextSyncDoesNotSave() throws IOException {
    boolean lost = false;
    for (int seed = 0; seed < 20; seed++) {
      SimulatedDisk another = new SimulatedDisk();
      StoreFiles there = another.files("d");
      StoreFile file = there.create("a");
      there.syncDirectory();
      file.write(0, filled(512, 1));
      file.sync();
      file.write(0, filled(512, 2));
      another.failSync(0);
      assertThrows(IOException.class, file::sync);
      file.sync();
      another.crash(new Random(seed));
      lost |= another.bytes("d", "a")[0] == 1;
    }
    assertTrue(lost);
  }

  @Test
  void aCrashStopsEverythingUntilTheRestart() throws IOException {
    StoreFile file = durableFile(512);
    disk.crashAfter(1);
    assertEquals(512, file.size());
    assertThrows(SimulatedCrash.class, file::size);
    assertThrows(SimulatedCrash.class, () -> file.write(0, filled(1, 3)));
    assertThrows(SimulatedCrash.class, files::syncDirectory);
    disk.processKill();
    assertArrayEquals(filled(512, 1).array(), disk.bytes("d", "a"));
    assertTrue(
        SimulatedCrash.isCauseOf(new IOException(assertThrows(SimulatedCrash.class, file::size))));
  }

  @Test
  void badSectorsAndFlippedBitsStayUntilTheyAreWritten() throws IOException {
    StoreFile file = durableFile(1024);
    disk.makeUnreadable("d", "a", 600);
    file.read(0, ByteBuffer.allocate(512));
    assertThrows(CorruptionException.class, () -> file.read(511, ByteBuffer.allocate(2)));
    file.write(512, filled(512, 1));
    file.read(0, ByteBuffer.allocate(1024));
    disk.flipBit("d", "a", 3, 7);
    assertEquals((byte) (1 ^ 128), disk.bytes("d", "a")[3]);
  }

  @Test
  void aFullDiskRefusesAndHasRoomAgainAfterADeletion() throws IOException {
    StoreFile file = durableFile(1000);
    disk.setCapacityBytes(1500);
    assertEquals(500, files.usableBytes());
    assertThrows(DiskFullException.class, () -> file.write(1000, filled(501, 1)));
    assertThrows(DiskFullException.class, () -> file.allocate(1501));
    file.write(500, filled(500, 9));
    file.allocate(1500);
    files.delete("a");
    assertEquals(1500, files.usableBytes());
  }

  @Test
  void callsAndBytesAreCounted() throws IOException {
    StoreFile file = durableFile(1000);
    DiskCounters before = disk.counters();
    file.read(0, ByteBuffer.allocate(100));
    DiskCounters after = disk.counters();
    assertEquals(before.calls() + 1, after.calls());
    assertEquals(before.reads() + 1, after.reads());
    assertEquals(before.readBytes() + 100, after.readBytes());
    assertEquals(1000, after.writtenBytes());
    assertEquals(2, after.syncs());
  }

  private static ByteBuffer filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return ByteBuffer.wrap(bytes);
  }
}
