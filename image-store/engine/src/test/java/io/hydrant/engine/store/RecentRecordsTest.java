package io.hydrant.engine.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecentRecordsTest {
  private static final CheckpointKey KEY = CheckpointKey.of(1, 2);
  private static final ByteBuffer PART = ByteBuffer.allocate(1_000);

  private static Appended at(int number) {
    Address record = new Address(1, 4_096 + number * 2_048);
    return new Appended(record, record.plus(112), record.plus(2_048).packed());
  }

  private static LogRecord manifest(int number) {
    return new LogRecord.Manifest(KEY, new Epoch(1), number, PART.remaining());
  }

  @Test
  void aRecordIsTakenOnce() {
    RecentRecords recent = new RecentRecords(10_000);
    recent.add(at(0), manifest(0), PART);
    RecentRecords.Recent taken = present(recent.take(at(0).record()));
    assertEquals(manifest(0), taken.record());
    assertEquals(PART, taken.payload());
    assertNull(recent.take(at(0).record()));
  }

  private static RecentRecords.Recent present(RecentRecords.@Nullable Recent recent) {
    return Objects.requireNonNull(recent);
  }

  @Test
  void pageBytesAreNotKept() {
    RecentRecords recent = new RecentRecords(10_000);
    LogRecord slim = new LogRecord.Slim(KEY, new Epoch(1), 0, 0, 7, PART.remaining());
    recent.add(at(0), slim, PART);
    assertNull(present(recent.take(at(0).record())).payload());
  }

  @Test
  void theOldestGoWhenThereIsNoRoom() {
    RecentRecords recent = new RecentRecords(10_000);
    for (int number = 0; number < 100; number++) {
      recent.add(at(number), manifest(number), PART);
    }
    assertEquals(7, recent.size());
    assertNull(recent.take(at(92).record()));
    assertNotNull(recent.take(at(93).record()));
    assertNotNull(recent.take(at(99).record()));
  }

  @Test
  void whatIsTakenMakesRoom() {
    RecentRecords recent = new RecentRecords(10_000);
    for (int number = 0; number < 1_000; number++) {
      recent.add(at(number), manifest(number), PART);
      assertNotNull(recent.take(at(number).record()));
    }
    for (int number = 0; number < 7; number++) {
      recent.add(at(number), manifest(number), PART);
    }
    assertEquals(7, recent.size());
  }
}
