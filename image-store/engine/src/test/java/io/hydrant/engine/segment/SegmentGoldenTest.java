package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.model.TractRows;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The bytes of a small segment of each format version, as they shall be read for ever. The newest
 * is written anew only with a new version: {@code mvn -pl image-store/engine -am test
 * -Dtest=SegmentGoldenTest -Dsurefire.failIfNoSpecifiedTests=false -Dhydrant.golden.write=true}.
 */
final class SegmentGoldenTest {
  private static final String GOLDEN = "/golden/segment-v2.txt";
  private static final String GOLDEN_V1 = "/golden/segment-v1.txt";
  private static final StoreIdentity IDENTITY =
      new StoreIdentity(
          UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"),
          UUID.fromString("10213243-5465-7687-98a9-bacbdcedfe0f"),
          UUID.fromString("01020304-0506-0708-090a-0b0c0d0e0f10"));
  private static final SegmentLogConfig CONFIG = new SegmentLogConfig(1 << 16, 1 << 14, 0, 0);

  /** Every life is the same. */
  private static final RandomGenerator RANDOM = () -> 0x0123_4567_89ab_cdefL;

  @TempDir Path directory;

  private static List<LogRecord> records() {
    CheckpointKey key = CheckpointKey.of(0x1111_2222_3333L, 0x4444_5555L);
    Epoch epoch = new Epoch(0x6666);
    PageTable table =
        new PageTable(
            new short[] {0, 7, 1000, 2047},
            new byte[] {0, 1, 2, 3},
            new int[] {16, 0, 5, 0},
            new int[] {0x01020304, 0x05060708, 0x090a0b0c, 0});
    return List.of(
        new LogRecord.Slim(key, epoch, 3, 0x7777_8888_9999L, 0xaabbccdd, 11),
        new LogRecord.Patch(key, epoch, 0x0102, 0x0304, 0x0506, 4096, table),
        new LogRecord.Manifest(key, epoch, 2, 6),
        new LogRecord.Patch(
            key,
            epoch,
            1,
            2,
            3,
            65536,
            new PageTable(new short[0], new byte[0], new int[0], new int[0])));
  }

  /** Those of version 1, and what version 2 has beside them. */
  private static List<LogRecord> recordsOfV2() {
    CheckpointKey key = CheckpointKey.of(0x1111_2222_3333L, 0x4444_5555L);
    PageTable table =
        new PageTable(
            new short[] {1, 8, 2047},
            new byte[] {2, 1, 0},
            new int[] {9, 0, 4},
            new int[] {0x0d0e0f10, 0, 0x11121314});
    List<LogRecord> records = new ArrayList<>(records());
    records.add(
        new LogRecord.Moved(
            key,
            0x0304,
            0x0506,
            4096,
            new TractRows(table, new long[] {0x4444_5554L, 0x0000_aabb_ccddL, 1}, 0)));
    records.add(new LogRecord.MovedSlim(key, 4, 0x7777_8888_9999L, 0xaabbccdd, 7));
    return records;
  }

  private static ByteBuffer payload(LogRecord record) {
    ByteBuffer payload = ByteBuffer.allocate(record.payloadBytes());
    while (payload.hasRemaining()) {
      payload.put((byte) (0xe0 + payload.position()));
    }
    return payload.flip();
  }

  private Path segmentFile() {
    return directory.resolve(SegmentFormat.segmentName(1));
  }

  @Test
  void whatIsWrittenIsWhatWasWritten() throws IOException {
    try (SegmentLog log = open((record, at) -> {})) {
      for (LogRecord record : recordsOfV2()) {
        log.append(record, payload(record));
        log.sync();
      }
    }
    String actual = HexDump.of(Files.readAllBytes(segmentFile()));
    if (Boolean.getBoolean("hydrant.golden.write")) {
      Files.writeString(Path.of("src/test/resources" + GOLDEN), actual);
    }
    assertEquals(golden(GOLDEN), actual);
  }

  @Test
  void whatMovedIsRead() throws IOException {
    Files.write(segmentFile(), HexDump.parse(golden(GOLDEN)));
    List<Appended> places = new ArrayList<>();
    SegmentLog log = open((record, at) -> places.add(at));
    List<LogRecord> records = recordsOfV2();
    for (int i = 0; i < records.size(); i++) {
      assertEquals(payload(records.get(i)), log.readPayload(places.get(i)));
    }
    LogRecord.Moved expected = (LogRecord.Moved) records.get(4);
    LogRecord.Moved moved = (LogRecord.Moved) log.readRecord(places.get(4).record());
    assertEquals(expected.key(), moved.key());
    assertEquals(expected.region(), moved.region());
    assertEquals(expected.tract(), moved.tract());
    assertEquals(expected.pageBytes(), moved.pageBytes());
    assertEquals(expected.rows().digest(), moved.rows().digest());
    assertEquals(9, moved.rows().table().length(0));
    assertEquals(records.get(5), log.readRecord(places.get(5).record()));
  }

  @Test
  void whatWasWrittenIsRead() throws IOException {
    byte[] bytes = HexDump.parse(golden(GOLDEN_V1));
    Files.write(segmentFile(), bytes);
    List<String> recovered = new ArrayList<>();
    List<Appended> places = new ArrayList<>();
    SegmentLog log =
        open((record, at) -> {
          recovered.add(record.kind() + " " + record.payloadBytes());
          places.add(at);
        });
    assertEquals(List.of("SLIM 11", "PATCH 21", "MANIFEST 6", "PATCH 0"), recovered);
    for (int i = 0; i < places.size(); i++) {
      assertEquals(payload(records().get(i)), log.readPayload(places.get(i)));
    }
    LogRecord.Patch patch = (LogRecord.Patch) log.readRecord(places.get(1).record());
    assertEquals(2047, patch.table().pageInTract(3));
    assertEquals(0x090a0b0c, patch.table().checksum(2));
    assertEquals(5, patch.table().length(2));
    assertEquals(records().get(0), log.readRecord(places.get(0).record()));
    assertEquals(records().get(2), log.readRecord(places.get(2).record()));
    // Recovery seals the segment again, and touches nothing else.
    byte[] after = Files.readAllBytes(segmentFile());
    for (int at = SegmentFormat.SECTOR_BYTES; at < 2 * SegmentFormat.SECTOR_BYTES; at++) {
      after[at] = bytes[at];
    }
    assertArrayEquals(bytes, after);
  }

  private SegmentLog open(SegmentLog.RecoveredRecords visitor) throws IOException {
    return SegmentLog.open(new JdkStoreFiles(directory), IDENTITY, CONFIG, RANDOM, 0, 0, visitor);
  }

  private static String golden(String name) throws IOException {
    try (InputStream stream = SegmentGoldenTest.class.getResourceAsStream(name)) {
      return stream == null ? "" : new String(stream.readAllBytes(), StandardCharsets.US_ASCII);
    }
  }
}
