package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tails as power cuts and bad disks leave them, made from a file that Ratis wrote. */
@Timeout(60)
final class OpenSegmentTest {
  private static final int SECTOR_BYTES = 512;

  @TempDir private Path parent;

  private Path file = Path.of("");
  private byte[] intact = new byte[0];
  private int lastEntryOffset;
  private long entries;

  /** Small entries, then one of several sectors. */
  @BeforeEach
  void write() throws Exception {
    Logs.written(parent.resolve("shorter"), "a", "b".repeat(700), "c");
    lastEntryOffset = (int) Files.size(Logs.openSegment(parent.resolve("shorter")));
    Path directory = parent.resolve("log");
    Logs.written(directory, "a", "b".repeat(700), "c", "d".repeat(5_000));
    file = Logs.openSegment(directory);
    intact = Files.readAllBytes(file);
    entries = 5; // Ratis' own first one too
  }

  private static long seed() {
    long seed = Long.getLong("hydrant.seed", System.nanoTime());
    System.out.println(
        "OpenSegmentTest seed "
            + seed
            + ": mvn -pl raft-log test -Dtest=OpenSegmentTest -Dhydrant.test.options=-Dhydrant.seed="
            + seed);
    return seed;
  }

  private OpenSegment.Content recover(byte[] bytes) throws IOException {
    Files.write(file, bytes);
    return OpenSegment.recover(file, 0, -1);
  }

  private void assertLastEntryCut(byte[] torn, String what) throws IOException {
    OpenSegment.Content content = recover(torn);
    assertEquals(entries - 1, content.entries(), what);
    byte[] left = Files.readAllBytes(file);
    assertArrayEquals(
        Arrays.copyOf(intact, lastEntryOffset), Arrays.copyOf(left, lastEntryOffset), what);
    for (int i = lastEntryOffset; i < left.length; i++) {
      assertEquals(0, left[i], what);
    }
  }

  @Test
  void keepsAnIntactFileAndItsPadding() throws Exception {
    assertEquals(new OpenSegment.Content(entries, intact.length, 0), recover(intact));
    byte[] padded = Arrays.copyOf(intact, 64 << 10);
    assertEquals(new OpenSegment.Content(entries, intact.length, 0), recover(padded));
    assertArrayEquals(padded, Files.readAllBytes(file));
  }

  @Test
  void takesAnEmptyOrUnwrittenFile() throws Exception {
    assertEquals(new OpenSegment.Content(0, 0, 0), recover(new byte[0]));
    assertEquals(new OpenSegment.Content(0, 0, 0), recover(new byte[4_096]));
    assertEquals(new OpenSegment.Content(0, 8, 0), recover(Arrays.copyOf(intact, 8)));
  }

  @Test
  void cutsALastEntryOfWhichTheEndIsMissing() throws Exception {
    for (int length = lastEntryOffset; length < intact.length; length += 61) {
      assertLastEntryCut(Arrays.copyOf(intact, length), "file ends at " + length);
    }
  }

  @Test
  void cutsALastEntryOfWhichAnySectorsAreMissing() throws Exception {
    long seed = seed();
    Random random = new Random(seed);
    int firstSector = lastEntryOffset / SECTOR_BYTES;
    int sectors = (intact.length - 1) / SECTOR_BYTES - firstSector + 1;
    for (int round = 0; round < 60; round++) {
      byte[] torn = Arrays.copyOf(intact, 32 << 10);
      int missing = 1 + random.nextInt((1 << sectors) - 1);
      for (int sector = 0; sector < sectors; sector++) {
        if ((missing >> sector & 1) != 0) {
          int from = Math.max(lastEntryOffset, (firstSector + sector) * SECTOR_BYTES);
          Arrays.fill(torn, from, (firstSector + sector + 1) * SECTOR_BYTES, (byte) 0);
        }
      }
      assertLastEntryCut(torn, "sectors " + missing + " missing; seed " + seed);
    }
  }

  /**
   * A batch of large entries that was never synced: an earlier sector is lost, later ones are kept.
   */
  @Test
  void cutsAtALostSectorThoughLaterEntriesAreIntact() throws Exception {
    Path directory = parent.resolve("batch");
    Logs.written(directory, "a", "b".repeat(5_000), "c".repeat(3_000), "d");
    file = Logs.openSegment(directory);
    byte[] torn = Arrays.copyOf(Files.readAllBytes(file), 64 << 10);
    int lost = 4 * SECTOR_BYTES;
    Arrays.fill(torn, lost, lost + SECTOR_BYTES, (byte) 0);
    byte[] rotten = torn.clone();
    rotten[lost + 7] = 1;
    assertThrows(IOException.class, () -> recover(rotten));
    Files.write(file, torn);
    assertThrows(IOException.class, () -> OpenSegment.recover(file, 0, 2));
    assertArrayEquals(torn, Files.readAllBytes(file));
    assertEquals(2, OpenSegment.recover(file, 0, 1).entries());
    assertEquals(2, OpenSegment.recover(file, 0, 1).entries());
  }

  @Test
  void refusesAnyFlippedBitBeforeTheLastEntry() {
    for (int offset = 0; offset < lastEntryOffset; offset++) {
      byte[] damaged = intact.clone();
      damaged[offset] ^= (byte) (1 << offset % 8);
      IOException thrown =
          assertThrows(IOException.class, () -> recover(damaged), "byte " + offset);
      assertTrue(String.valueOf(thrown.getMessage()).contains(file.toString()));
    }
  }

  @Test
  void refusesAWholeButWrongLastEntry() {
    for (int offset = lastEntryOffset + 3; offset < intact.length; offset += 41) {
      byte[] damaged = Arrays.copyOf(intact, 32 << 10);
      damaged[offset] ^= 0x20;
      assertThrows(IOException.class, () -> recover(damaged), "byte " + offset);
    }
  }

  @Test
  void anyBytesGiveAContentOrARefusal() throws Exception {
    long seed = seed();
    Random random = new Random(seed);
    for (int round = 0; round < 150; round++) {
      byte[] bytes = Arrays.copyOf(intact, 8 + random.nextInt(4_096));
      for (int i = random.nextInt(2) == 0 ? 8 : 40; i < bytes.length; i += 1 + random.nextInt(60)) {
        bytes[i] = (byte) random.nextInt();
      }
      try {
        assertTrue(recover(bytes).entries() <= entries, "seed " + seed);
      } catch (IOException refusal) {
        assertTrue(String.valueOf(refusal.getMessage()).contains("damaged"), "seed " + seed);
      }
    }
  }
}
