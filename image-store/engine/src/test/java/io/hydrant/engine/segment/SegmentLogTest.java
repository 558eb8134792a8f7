package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log on real files. */
final class SegmentLogTest {
  private static final StoreIdentity IDENTITY =
      new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, 3));
  private static final SegmentLogConfig CONFIG = new SegmentLogConfig(1 << 20, 64 << 10, 0, 2);

  @TempDir Path directory;
  private final List<Long> recovered = new ArrayList<>();
  private final List<Appended> places = new ArrayList<>();

  private SegmentLog open(long scanStart) throws IOException {
    recovered.clear();
    places.clear();
    return SegmentLog.open(
        new JdkStoreFiles(directory),
        IDENTITY,
        CONFIG,
        new Random(7),
        scanStart,
        0,
        (record, at) -> {
          recovered.add(record.key().checkpoint().value());
          places.add(at);
        });
  }

  @Test
  void recordsOfAllKindsComeBackAfterACloseInOrderAndUnmoved() throws IOException {
    List<Appended> written = new ArrayList<>();
    List<LogRecord> records =
        List.of(patch(1, 3), patch(2, 0), slim(3, 1000), manifest(4, 77), patch(5, 100));
    try (SegmentLog log = open(0)) {
      for (LogRecord record : records) {
        written.add(log.append(record, payload(record)));
      }
      assertEquals(log.appended(), log.sync());
      check(log, records, written);
    }
    try (SegmentLog log = open(0)) {
      assertEquals(List.of(1L, 2L, 3L, 4L, 5L), recovered);
      assertEquals(written, places, "a closed log has nothing to move");
      check(log, records, places);
    }
  }

  @Test
  void aLogThatWasNotClosedMovesItsLastBatchAndKeepsItsOrder() throws IOException {
    List<LogRecord> records = List.of(patch(1, 3), slim(2, 100), manifest(3, 10), patch(4, 1));
    SegmentLog killed = open(0);
    killed.append(records.get(0), payload(records.get(0)));
    killed.sync();
    for (LogRecord record : records.subList(1, 4)) {
      killed.append(record, payload(record));
    }
    killed.sync();
    for (int restart = 0; restart < 3; restart++) {
      SegmentLog log = open(0);
      assertEquals(List.of(1L, 2L, 3L, 4L), recovered);
      assertEquals(1, places.get(0).record().segment(), "the first was provably durable");
      check(log, records, places);
    }
  }

  @Test
  void itRollsOverManySegmentsAndAlsoTakesRecordsLargerThanABuffer() throws IOException {
    List<LogRecord> records = new ArrayList<>();
    List<Appended> written = new ArrayList<>();
    SegmentLog log = open(0);
    for (int number = 1; number <= 60; number++) {
      LogRecord record = patch(number, number % 5 == 0 ? 40 : 12);
      records.add(record);
      written.add(log.append(record, payload(record)));
      if (number % 7 == 0) {
        log.sync();
      }
    }
    log.sync();
    assertTrue(log.segments().size() > 3, () -> log.segments().toString());
    check(log, records, written);
    long scanStart = written.get(29).end();
    log.close();
    try (SegmentLog again = open(scanStart)) {
      assertEquals(30, recovered.size());
      assertEquals(31L, recovered.getFirst());
      check(again, records, written);
    }
  }

  @Test
  void aReleasedSegmentGoesWhenItsLastPinDoesAndIsRecycled() throws IOException {
    try (SegmentLog log = open(0)) {
      while (log.segments().size() < 3) {
        LogRecord record = patch(1, 20);
        log.append(record, payload(record));
        log.sync();
      }
      assertTrue(log.pin(1));
      log.release(1);
      assertFalse(log.pin(1), "released");
      assertTrue(log.segments().stream().noneMatch(segment -> segment.segment() == 1));
      log.read(new Address(1, 4096), ByteBuffer.allocate(100));
      log.unpin(1);
      assertThrows(
          IllegalStateException.class,
          () -> log.read(new Address(1, 4096), ByteBuffer.allocate(100)));
      assertTrue(new JdkStoreFiles(directory).list().contains(SegmentFormat.spareName(0)));
      assertThrows(IllegalArgumentException.class, () -> log.release(1));
      assertThrows(
          IllegalArgumentException.class,
          () -> log.release(log.segments().getLast().segment()),
          "the open one");
    }
  }

  private static void check(SegmentLog log, List<LogRecord> records, List<Appended> places)
      throws IOException {
    for (int i = 0; i < records.size(); i++) {
      LogRecord expected = records.get(i);
      LogRecord actual = log.readRecord(places.get(i).record());
      assertEquals(expected.key(), actual.key());
      assertEquals(expected.kind(), actual.kind());
      assertEquals(payload(expected), log.readPayload(places.get(i)));
      ByteBuffer read = ByteBuffer.allocate(expected.payloadBytes());
      log.read(places.get(i).payload(), read);
      assertEquals(payload(expected), read.flip());
    }
  }

  static ByteBuffer payload(LogRecord record) {
    byte[] bytes = new byte[record.payloadBytes()];
    new Random(record.key().checkpoint().value()).nextBytes(bytes);
    return ByteBuffer.wrap(bytes);
  }

  static LogRecord.Patch patch(long checkpoint, int pageCount) {
    short[] pages = new short[pageCount];
    byte[] encodings = new byte[pageCount];
    int[] lengths = new int[pageCount];
    int[] checksums = new int[pageCount];
    for (int i = 0; i < pageCount; i++) {
      pages[i] = (short) (i * 3);
      lengths[i] = 4096;
      checksums[i] = i * 0x01020304;
    }
    return new LogRecord.Patch(
        CheckpointKey.of(9, checkpoint),
        new Epoch(5),
        2,
        1,
        6,
        4096,
        new PageTable(pages, encodings, lengths, checksums));
  }

  static LogRecord.Slim slim(long checkpoint, int bytes) {
    return new LogRecord.Slim(CheckpointKey.of(9, checkpoint), new Epoch(5), 1, 65536, 7, bytes);
  }

  static LogRecord.Manifest manifest(long checkpoint, int bytes) {
    return new LogRecord.Manifest(CheckpointKey.of(9, checkpoint), new Epoch(5), 0, bytes);
  }
}
