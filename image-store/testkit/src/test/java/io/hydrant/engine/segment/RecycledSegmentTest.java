package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.testkit.files.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * A recycled file is full of records that were valid in its former life, each where a record may
 * begin.
 */
final class RecycledSegmentTest {
  private static final SegmentLogConfig CONFIG = new SegmentLogConfig(1 << 16, 1 << 14, 0, 2);
  private static final String DIRECTORY = "segments";

  /**
   * A record is a page long, so that no padding lies between the last new record and the next old
   * one.
   */
  private static final int RECORD_BYTES = 4096;

  private static final int PAYLOAD_BYTES = RECORD_BYTES - 112;

  private final SimulatedDisk disk = new SimulatedDisk();
  private final Random random = new Random(1);
  private final List<Long> recovered = new ArrayList<>();

  private SegmentLog open() throws IOException {
    recovered.clear();
    return SegmentLog.open(
        disk.files(DIRECTORY),
        LogScript.IDENTITY,
        CONFIG,
        random,
        0,
        0,
        (record, at) -> recovered.add(record.key().checkpoint().value()));
  }

  private static Appended append(SegmentLog log, long checkpoint) throws IOException {
    LogRecord record =
        new LogRecord.Manifest(CheckpointKey.of(1, checkpoint), new Epoch(1), 0, PAYLOAD_BYTES);
    return log.append(record, ByteBuffer.allocate(PAYLOAD_BYTES));
  }

  @Test
  void aValidOldTailIsNotTakenForRecords() throws IOException {
    SegmentLog log = open();
    SegmentHeader firstLife = header(1);
    long next = 1;
    while (append(log, next++).record().segment() == 1) {
      log.sync();
    }
    log.sync();
    log.release(1);
    Appended at;
    do {
      at = append(log, next++);
      log.sync();
    } while (at.record().segment() == 2);
    int recycled = at.record().segment();
    if (header(recycled).life() == firstLife.life()) {
      throw new IllegalStateException("a recycled segment must begin a new life");
    }
    // Three records in the recycled file, then the power goes.
    append(log, next++);
    append(log, next++);
    log.sync();
    byte[] bytes = disk.bytes(DIRECTORY, SegmentFormat.segmentName(recycled));
    Placement behind = new Placement(firstLife.life(), 4096 + 3 * RECORD_BYTES);
    ByteBuffer window = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);

    // The canary: with the former life's number, that is, without a life in the checksums, the old
    // record
    // right behind the last new one verifies, header and payload.
    Parsed.Found old =
        assertInstanceOf(
            Parsed.Found.class,
            new RecordCodec().parse(window, behind.offset(), behind, bytes.length));
    assertEquals(4, old.record().key().checkpoint().value());
    assertEquals(
        old.frame().payloadChecksum(),
        new RecordCodec()
            .payloadChecksum(
                window.slice(behind.offset() + old.frame().headerBytes(), PAYLOAD_BYTES), behind));
    Placement now = new Placement(header(recycled).life(), behind.offset());
    assertInstanceOf(
        Parsed.Bad.class, new RecordCodec().parse(window, now.offset(), now, bytes.length));

    disk.crash(random);
    try (SegmentLog again = open()) {
      assertEquals(next - 1, recovered.getLast(), "nothing behind the last record");
      for (int i = 1; i < recovered.size(); i++) {
        assertEquals(recovered.get(i - 1) + 1, recovered.get(i), "in order, without the old ones");
      }
      assertEquals(again.appended(), again.durable());
    }
  }

  private SegmentHeader header(int segment) throws IOException {
    byte[] bytes = disk.bytes(DIRECTORY, SegmentFormat.segmentName(segment));
    return SegmentHeader.decode(ByteBuffer.wrap(bytes, 0, 4096), "segment " + segment);
  }
}
