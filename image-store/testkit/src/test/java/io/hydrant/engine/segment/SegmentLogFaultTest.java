package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.testkit.files.DiskCounters;
import io.hydrant.testkit.files.SimulatedCrash;
import io.hydrant.testkit.files.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Failing syncs and writes, a full disk, rot, and files that are not ours. */
final class SegmentLogFaultTest {
  private static final String DIRECTORY = "segments";
  private static final SegmentLogConfig CONFIG = new SegmentLogConfig(1 << 16, 1 << 14, 0, 2);
  private static final int PAYLOAD_BYTES = 1_900;

  private final SimulatedDisk disk = new SimulatedDisk();
  private final List<Long> recovered = new ArrayList<>();
  private final List<Appended> places = new ArrayList<>();
  private long next = 1;

  private SegmentLog open(SegmentLogConfig config, long scanStart) throws IOException {
    recovered.clear();
    places.clear();
    return SegmentLog.open(
        disk.files(DIRECTORY),
        LogScript.IDENTITY,
        config,
        new Random(3),
        scanStart,
        0,
        (record, at) -> {
          recovered.add(record.key().checkpoint().value());
          places.add(at);
        });
  }

  private SegmentLog open() throws IOException {
    return open(CONFIG, 0);
  }

  private Appended append(SegmentLog log) throws IOException {
    return append(log, PAYLOAD_BYTES);
  }

  private Appended append(SegmentLog log, int bytes) throws IOException {
    byte[] payload = new byte[bytes];
    new Random(next).nextBytes(payload);
    Appended at =
        log.append(
            new LogRecord.Slim(CheckpointKey.of(1, next), new Epoch(1), 0, 0, 0, bytes),
            ByteBuffer.wrap(payload));
    next++;
    return at;
  }

  private List<Appended> fill(SegmentLog log, int segments) throws IOException {
    List<Appended> appended = new ArrayList<>();
    do {
      appended.add(append(log));
      log.sync();
    } while (appended.getLast().record().segment() <= segments);
    return appended;
  }

  private static String name(int segment) {
    return SegmentFormat.segmentName(segment);
  }

  @Test
  void aFailedSyncIsFinal() throws IOException {
    SegmentLog log = open();
    Appended first = append(log);
    log.sync();
    long durable = log.durable();
    append(log);
    disk.failSync(0);
    assertThrows(IOException.class, log::sync);
    IOException refused = assertThrows(IOException.class, log::sync);
    assertTrue(String.valueOf(refused.getMessage()).contains("restart"), refused::getMessage);
    assertThrows(IOException.class, () -> append(log));
    assertThrows(IOException.class, () -> log.hasRoom(1));
    assertThrows(IOException.class, () -> log.readPayload(first));
    assertEquals(durable, log.durable());
    log.close();
    disk.crash(new Random(1));
    try (SegmentLog again = open()) {
      assertEquals(1L, recovered.getFirst());
    }
  }

  /** Blocks were reserved, so that this cannot be waited out: nobody may be told it can. */
  @Test
  void noSpaceWhereItWasReservedIsFinal() throws IOException {
    SegmentLog log = open();
    append(log);
    log.sync();
    long durable = log.durable();
    append(log);
    disk.fillUpAtWrite(0);
    IOException failed = assertThrows(IOException.class, log::sync);
    assertFalse(failed instanceof DiskFullException, failed::toString);
    assertTrue(failed.getCause() instanceof DiskFullException, failed::toString);
    assertThrows(IOException.class, () -> append(log));
    assertEquals(durable, log.durable());
    log.close();
  }

  @Test
  void noSpaceForALargeRecordIsFinal() throws IOException {
    SegmentLog log = open();
    disk.fillUpAtWrite(0);
    IOException failed =
        assertThrows(IOException.class, () -> append(log, CONFIG.bufferBytes() + 1));
    assertFalse(failed instanceof DiskFullException, failed::toString);
    assertThrows(IOException.class, () -> append(log));
    log.close();
  }

  @Test
  void whatAFailedSyncLeftInTheCacheIsWrittenAgainByTheNextLife() throws IOException {
    SegmentLog log = open();
    append(log);
    log.sync();
    append(log);
    disk.failSync(0);
    assertThrows(IOException.class, log::sync);
    disk.processKill();
    open();
    assertEquals(List.of(1L, 2L), recovered, "still readable from the cache");
    for (int seed = 0; seed < 10; seed++) {
      disk.crash(new Random(seed));
      open();
      assertEquals(List.of(1L, 2L), recovered, "once visited it is durable");
    }
  }

  @Test
  void aFailedWriteIsFinal() throws IOException {
    SegmentLog log = open();
    append(log);
    disk.failWrite(0);
    assertThrows(IOException.class, log::sync);
    assertThrows(IOException.class, log::sync);
    assertThrows(IOException.class, () -> append(log));
    log.close();
  }

  @Test
  void aFailedDirectorySyncAtARollIsFinal() throws IOException {
    SegmentLog log = open();
    while (append(log).record().segment() == 1) {
      continue;
    }
    // Old segment, directory, new segment: the second of the three.
    disk.failSync(1);
    assertThrows(IOException.class, log::sync);
    assertThrows(IOException.class, log::sync);
    assertThrows(IOException.class, () -> append(log));
  }

  @Test
  void aFullDiskRefusesAndLeavesTheLogIntact() throws IOException {
    SegmentLogConfig config = new SegmentLogConfig(1 << 16, 1 << 14, 40_000, 0);
    disk.setCapacityBytes(3 * (1 << 16) + 40_000);
    SegmentLog log = open(config, 0);
    assertTrue(log.hasRoom(150_000));
    assertFalse(log.hasRoom(250_000));
    int accepted = 0;
    DiskFullException full = null;
    while (full == null) {
      try {
        append(log);
        accepted++;
      } catch (DiskFullException refused) {
        full = refused;
      }
    }
    assertTrue(String.valueOf(full.getMessage()).contains("reserve"), full::getMessage);
    assertTrue(accepted > 3 * 25, "three segments are full: " + accepted);
    assertFalse(log.hasRoom(PAYLOAD_BYTES));
    log.sync();
    append(log, 1);
    assertThrows(DiskFullException.class, () -> append(log));
    log.sync();
    disk.setCapacityBytes(5L << 16);
    append(log);
    log.sync();
    log.release(1);
    disk.setCapacityBytes(0);
    fill(log, 3);
    disk.crash(new Random(4));
    disk.setCapacityBytes(Long.MAX_VALUE);
    try (SegmentLog again = open(config, 0)) {
      assertEquals(next - 1, recovered.getLast());
    }
  }

  private void move(SegmentLog log) throws IOException {
    byte[] payload = new byte[PAYLOAD_BYTES];
    log.append(
        new LogRecord.Slim(CheckpointKey.of(1, next), new Epoch(1), 0, 0, 0, PAYLOAD_BYTES),
        ByteBuffer.wrap(payload),
        AppendUse.CLEANING,
        _ -> {});
    next++;
  }

  /** Fills it up to where ingest is refused. */
  private void fillUp(SegmentLog log) throws IOException {
    while (true) {
      try {
        append(log);
      } catch (DiskFullException full) {
        log.sync();
        return;
      }
    }
  }

  @Test
  void theCleanerHasPartOfTheReserveAndIngestNothingOfIt() throws IOException {
    SegmentLogConfig config = new SegmentLogConfig(1 << 16, 1 << 14, 4 << 16, 2);
    disk.setCapacityBytes(7 << 16);
    SegmentLog log = open(config, 0);
    fillUp(log);
    assertTrue(log.roomBytes(AppendUse.CLEANING) > 100_000);
    move(log);
    assertEquals(4, log.segments().size());
    assertTrue(log.segments().getLast().isOfSurvivors());
    assertFalse(log.hasRoom(PAYLOAD_BYTES));
    assertThrows(DiskFullException.class, () -> append(log));
    log.syncSurvivors();
    int moved = 1;
    DiskFullException full = null;
    while (full == null) {
      try {
        move(log);
        moved++;
      } catch (DiskFullException refused) {
        full = refused;
      }
    }
    assertTrue(moved >= 90 && moved < 96, "three segments: " + moved);
    assertThrows(DiskFullException.class, () -> append(log));
    log.syncSurvivors();
    // A power cut finds the disk as full, but for survivors that nothing points to, and begins a
    // segment of the reserve, which is nobody's but the cleaner's either.
    disk.crash(new Random(4));
    SegmentLog again = open(config, 0);
    assertThrows(DiskFullException.class, () -> append(again, 1));
    move(again);
    again.syncSurvivors();
    assertThrows(DiskFullException.class, () -> append(again, 1));
    // What dies fills the reserve first: no spare, which anybody may take, is kept before. The
    // cleaner's open segment is a part of the reserve that is in use.
    again.release(1);
    append(again);
    again.sync();
    again.close();
  }

  private static SegmentLog openSurvivors(SimulatedDisk one, long end) throws IOException {
    return SegmentLog.open(
        one.files(DIRECTORY), LogScript.IDENTITY, CONFIG, new Random(3), 0, end, (_, _) -> {});
  }

  /** What a start sees of an earlier one need not be durable: a power cut would take it. */
  @Test
  void theSealThatAKilledStartLeftIsMadeDurable() throws IOException {
    boolean killed = true;
    for (int calls = 0; killed; calls++) {
      SimulatedDisk one = new SimulatedDisk();
      SegmentLog log = openSurvivors(one, 0);
      move(log);
      move(log);
      log.syncSurvivors();
      long end = log.survivorsDurable();
      move(log);
      one.crash(new Random(calls));
      one.crashAfter(calls);
      try {
        openSurvivors(one, end).close();
        killed = one.hasCrashed();
      } catch (SimulatedCrash crash) {
        killed = true;
      }
      one.processKill();
      // A flush of the second start says that all survivors of earlier lives count.
      long after = openSurvivors(one, end).survivorsDurable();
      one.crash(new Random(calls));
      SegmentLog last = openSurvivors(one, after);
      int segment = Address.ofPacked(end).segment();
      assertTrue(last.pin(segment));
      int[] visited = new int[1];
      last.visit(segment, (_, _) -> visited[0]++);
      assertEquals(2, visited[0], "killed at call " + calls);
      last.unpin(segment);
      last.close();
    }
  }

  @Test
  void sparesFillTheReserveBeforeIngestTakesOne() throws IOException {
    SegmentLogConfig config = new SegmentLogConfig(1 << 16, 1 << 14, 4 << 16, 2);
    disk.setCapacityBytes(8 << 16);
    SegmentLog log = open(config, 0);
    fillUp(log);
    disk.setCapacityBytes(16 << 16);
    log.release(1);
    log.release(2);
    log.sync();
    assertTrue(log.roomBytes() > 9 * 60_000);
    // Somebody else takes what is free, and half of the reserve.
    disk.setCapacityBytes(6 << 16);
    assertFalse(log.hasRoom(PAYLOAD_BYTES));
    assertThrows(DiskFullException.class, () -> append(log));
    disk.setCapacityBytes(9 << 16);
    append(log);
    log.sync();
    log.close();
  }

  @Test
  void aDiskThatFillsUpDuringAllocationLeavesNothingBehind() throws IOException {
    SegmentLog log = open(new SegmentLogConfig(1 << 16, 1 << 14, 0, 0), 0);
    disk.setCapacityBytes((1 << 16) + 1000);
    assertThrows(DiskFullException.class, () -> fill(log, 1));
    log.sync();
    assertEquals(List.of(name(1)), disk.files(DIRECTORY).list());
  }

  @Test
  void rotInASealedSegmentIsNamedAndNeverServed() throws IOException {
    SegmentLog log = open();
    List<Appended> appended = fill(log, 2);
    log.close();
    int end = 0;
    for (Appended at : appended) {
      end = at.record().segment() == 1 ? (int) at.end() : end;
    }
    Map<String, Integer> verdicts = new HashMap<>();
    Random random = new Random(5);
    for (int round = 0; round < 300; round++) {
      int at = 4096 + random.nextInt(end + 112 - 4096);
      int bit = random.nextInt(8);
      disk.flipBit(DIRECTORY, name(1), at, bit);
      String verdict = "unharmed";
      try {
        SegmentLog damaged = open();
        for (Appended place : places) {
          byte[] expected = new byte[PAYLOAD_BYTES];
          new Random(recovered.get(places.indexOf(place))).nextBytes(expected);
          try {
            assertEquals(ByteBuffer.wrap(expected), damaged.readPayload(place));
          } catch (CorruptionException named) {
            assertTrue(named.path().endsWith(name(1)));
            verdict = "found when read";
          }
        }
        damaged.close();
      } catch (CorruptionException named) {
        assertTrue(named.path().endsWith(name(1)), named::getMessage);
        assertTrue(Math.abs(named.offset() - at) < PAYLOAD_BYTES + 112, named::getMessage);
        verdict = "found at start";
      }
      verdicts.merge(verdict, 1, Integer::sum);
      disk.flipBit(DIRECTORY, name(1), at, bit);
    }
    assertTrue(verdicts.getOrDefault("found when read", 0) > 200, verdicts::toString);
    assertTrue(verdicts.getOrDefault("found at start", 0) > 5, verdicts::toString);
    // Padding between records belongs to nobody.
    assertTrue(verdicts.getOrDefault("unharmed", 0) < 10, verdicts::toString);
  }

  @Test
  void aBadRecordBelowWhatALaterOneProvesDurableIsCorruption() throws IOException {
    SegmentLog log = open();
    List<Appended> appended = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      appended.add(append(log));
      log.sync();
    }
    disk.crash(new Random(1));
    int third = appended.get(2).record().offset();
    disk.flipBit(DIRECTORY, name(1), third + 40, 1);
    CorruptionException found = assertThrows(CorruptionException.class, this::open);
    assertEquals(third, found.offset());
    disk.flipBit(DIRECTORY, name(1), third + 40, 1);
    // The last one is beyond the last provably durable point: nothing tells rot from a torn write
    // there.
    disk.flipBit(DIRECTORY, name(1), appended.get(5).record().offset() + 40, 1);
    try (SegmentLog again = open()) {
      assertEquals(List.of(1L, 2L, 3L, 4L, 5L), recovered);
    }
  }

  @Test
  void aTornPayloadEndsTheTail() throws IOException {
    SegmentLog log = open();
    append(log);
    log.sync();
    Appended torn = append(log);
    append(log);
    log.sync();
    disk.processKill();
    disk.flipBit(DIRECTORY, name(1), torn.payload().offset() + 700, 4);
    SegmentLog again = open();
    assertEquals(List.of(1L), recovered, "nothing behind a torn record, though it looks sound");
    assertEquals(1, places.getFirst().record().segment());
    assertEquals(2, again.segments().getLast().segment());
  }

  @Test
  void whatTheIndexSaysIsDurableIsMissedIfItIsNotThere() throws IOException {
    SegmentLog log = open();
    Appended first = append(log);
    Appended second = append(log);
    log.sync();
    disk.processKill();
    disk.flipBit(DIRECTORY, name(1), second.record().offset() + 1, 0);
    long scanStart = log.durable();
    assertThrows(CorruptionException.class, () -> open(CONFIG, scanStart));
    assertThrows(
        CorruptionException.class, () -> open(CONFIG, scanStart + (9L << 32)), "segment is gone");
    open(CONFIG, first.end());
    assertEquals(List.of(), recovered);
  }

  @Test
  void anUnreadableSectorIsCorruptionNotTheEndOfTheLog() throws IOException {
    SegmentLog log = open();
    append(log);
    log.sync();
    Appended second = append(log);
    log.sync();
    disk.processKill();
    disk.makeUnreadable(DIRECTORY, name(1), second.payload().offset() + 600);
    assertThrows(CorruptionException.class, this::open);
  }

  @Test
  void damagedHeadersAndStrangersAreNamed() throws IOException {
    SegmentLog log = open();
    fill(log, 2);
    log.close();
    disk.flipBit(DIRECTORY, name(1), 30, 0);
    assertThrows(CorruptionException.class, this::open);
    disk.flipBit(DIRECTORY, name(1), 30, 0);
    StoreFiles files = disk.files(DIRECTORY);
    files.rename(name(2), name(5));
    assertThrows(CorruptionException.class, this::open, "not the number in its name");
    files.rename(name(5), name(2));
    StoreIdentity stranger =
        new StoreIdentity(LogScript.IDENTITY.cluster(), LogScript.IDENTITY.group(), new UUID(8, 8));
    assertThrows(
        WrongIdentityException.class,
        () -> SegmentLog.open(files, stranger, CONFIG, new Random(), 0, 0, (record, at) -> {}));
    try (StoreFile file = files.open(name(1))) {
      file.truncate(50_000);
    }
    CorruptionException cut = assertThrows(CorruptionException.class, this::open);
    assertEquals(50_000, cut.offset());
  }

  @Test
  void aDamagedSealIsMadeUpForByTheFooter() throws IOException {
    SegmentLog log = open();
    fill(log, 2);
    List<SegmentLog.SegmentInfo> before = log.segments();
    log.close();
    long count = next - 1;
    disk.flipBit(DIRECTORY, name(1), 530, 0);
    try (SegmentLog again = open()) {
      assertEquals(count, recovered.size());
      assertEquals(before.getFirst(), again.segments().getFirst());
    }
  }

  @Test
  void aDamagedSealOfARestartIsMadeUpForByTheSegmentThatTookTheTail() throws IOException {
    SegmentLog log = open();
    append(log);
    append(log);
    log.sync();
    append(log);
    log.sync();
    disk.processKill();
    append(open());
    disk.processKill();
    open();
    disk.processKill();
    disk.flipBit(DIRECTORY, name(1), 530, 0);
    open();
    assertEquals(List.of(1L, 2L, 3L), recovered, "the third is in its new place only");
    assertEquals(List.of(1, 1, 2), places.stream().map(at -> at.record().segment()).toList());
  }

  @Test
  void aStartReadsHeadersNotPayloadsAndNothingBeforeTheScan() throws IOException {
    SegmentLogConfig config = new SegmentLogConfig(1 << 20, 1 << 16, 0, 2);
    SegmentLog log = open(config, 0);
    long scanStart = 0;
    for (int i = 0; i < 60; i++) {
      append(log, 100_000);
      log.sync();
      scanStart = i == 29 ? log.durable() : scanStart;
    }
    log.close();
    DiskCounters before = disk.counters();
    SegmentLog again = open(config, scanStart);
    DiskCounters after = disk.counters();
    assertEquals(30, recovered.size());
    long reads = after.reads() - before.reads();
    long bytes = after.readBytes() - before.readBytes();
    assertTrue(reads < 30 + 3 * 7 + 20, () -> reads + " reads");
    assertTrue(bytes < 3_000_000 / 2, () -> bytes + " bytes read of 3,000,000");
    again.close();
  }

  @Test
  void restartsWithoutRecordsDoNotPileUpSegments() throws IOException {
    for (int restart = 0; restart < 10; restart++) {
      SegmentLog log = open();
      if (restart % 2 == 0) {
        log.close();
      }
      disk.crash(new Random(restart));
    }
    SegmentLog log = open();
    assertEquals(1, log.segments().size(), () -> log.segments().toString());
    assertTrue(disk.files(DIRECTORY).list().size() <= 2, disk.files(DIRECTORY).list()::toString);
    List<Appended> kept = List.of(append(log));
    log.sync();
    log.close();
    open(new SegmentLogConfig(1 << 17, 1 << 14, 0, 2), 0).close();
    open();
    assertEquals(kept, places, "other lengths of segments are fine");
  }

  @Test
  void openHandlesStayBounded() throws IOException {
    SegmentLog log = open();
    List<Appended> appended = fill(log, 12);
    log.close();
    StoreFiles files = disk.files(DIRECTORY);
    OpenHandles handles = new OpenHandles(files, 3);
    RecordReader reader = new RecordReader(files, handles);
    List<SegmentFile> segments = new ArrayList<>();
    for (int number = 1; number <= 12; number++) {
      byte[] bytes = disk.bytes(DIRECTORY, name(number));
      segments.add(
          new SegmentFile(
              SegmentHeader.decode(ByteBuffer.wrap(bytes, 0, 4096), "f"), name(number)));
    }
    for (Appended at : appended) {
      if (at.record().segment() <= 12) {
        assertEquals(
            PAYLOAD_BYTES, reader.payload(segments.get(at.record().segment() - 1), at).remaining());
        assertTrue(handles.openCount() <= 3);
      }
    }
  }
}
