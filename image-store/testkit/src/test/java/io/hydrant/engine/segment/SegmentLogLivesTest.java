package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One log on real files in many lives, none of which ends in order: each goes on in the page in
 * which the one before ended, and reads what was written past the page cache.
 */
final class SegmentLogLivesTest {
  private static final SegmentLogConfig CONFIG = new SegmentLogConfig(1 << 20, 1 << 15, 0, 2);
  private static final int LIVES = 8;
  private static final int RECORDS = 60;

  @TempDir Path directory;

  private final Random random = new Random(7);
  private final Map<Long, Appended> places = new HashMap<>();
  private final List<SegmentLog> dead = new ArrayList<>();
  private long next = 1;

  private SegmentLog open() throws IOException {
    places.clear();
    return SegmentLog.open(
        new JdkStoreFiles(directory),
        LogScript.IDENTITY,
        CONFIG,
        random,
        0,
        0,
        (record, at) -> places.put(record.key().checkpoint().value(), at));
  }

  /** Of many lengths, a few of them larger than a buffer; known by the record's number. */
  private static byte[] payload(long number) {
    Random random = new Random(number);
    byte[] payload =
        new byte
            [random.nextInt(10) == 0
                ? CONFIG.bufferBytes() + random.nextInt(9_000)
                : random.nextInt(1, 6_000)];
    random.nextBytes(payload);
    return payload;
  }

  private void append(SegmentLog log) throws IOException {
    byte[] payload = payload(next);
    LogRecord record =
        new LogRecord.Slim(CheckpointKey.of(1, next), new Epoch(1), 0, 0, 0, payload.length);
    places.put(next, log.append(record, ByteBuffer.wrap(payload)));
    next++;
  }

  private void verify(SegmentLog log) throws IOException {
    for (long number = 1; number < next; number++) {
      Appended place = places.get(number);
      if (place == null) {
        throw new AssertionError("record " + number + " is gone");
      }
      assertEquals(ByteBuffer.wrap(payload(number)), log.readPayload(place), "record " + number);
    }
  }

  @Test
  void everyLifeReadsAllThatTheOnesBeforeHaveSynced() throws IOException {
    for (int life = 0; life < LIVES; life++) {
      SegmentLog log = open();
      verify(log);
      for (int record = 0; record < RECORDS; record++) {
        append(log);
        if (random.nextInt(3) == 0) {
          log.sync();
          verify(log);
        }
      }
      log.sync();
      dead.add(log); // not closed: nothing may be written any more
    }
    SegmentLog last = open();
    verify(last);
    last.close();
  }
}
