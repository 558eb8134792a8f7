package io.hydrant.engine.segment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.testkit.files.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many threads append, sync, read and release at once, on both kinds of files. */
final class SegmentLogConcurrencyTest {
  private static final SegmentLogConfig CONFIG = new SegmentLogConfig(1 << 17, 1 << 14, 0, 3);
  private static final int THREADS = 4;
  private static final int RECORDS = 400;

  @TempDir Path directory;

  @Test
  void onRealFiles() throws Exception {
    run(() -> new JdkStoreFiles(directory), () -> {});
  }

  @Test
  void onSimulatedFilesWithAPowerCut() throws Exception {
    SimulatedDisk disk = new SimulatedDisk();
    run(() -> disk.files("segments"), () -> disk.crash(new Random(1)));
  }

  private interface Files {
    StoreFiles open();
  }

  private void run(Files files, Runnable crash) throws Exception {
    SegmentLog log = open(files.open(), new HashMap<>());
    List<Future<?>> writers = new ArrayList<>();
    try (ExecutorService executor = Executors.newFixedThreadPool(THREADS)) {
      for (int thread = 1; thread <= THREADS; thread++) {
        long image = thread;
        writers.add(executor.submit(() -> write(log, image)));
      }
      for (Future<?> writer : writers) {
        finish(writer);
      }
    }
    assertTrue(log.segments().size() > 3);
    assertEquals(log.appended(), log.sync());
    crash.run();
    Map<Long, Long> last = new HashMap<>();
    SegmentLog again = open(files.open(), last);
    for (long image = 1; image <= THREADS; image++) {
      assertEquals(RECORDS, last.get(image));
    }
    again.close();
  }

  private static void finish(Future<?> future) throws Exception {
    try {
      future.get();
    } catch (ExecutionException failed) {
      throw new AssertionError(failed.getCause());
    }
  }

  /**
   * Notes the last record of each image, and that each image's records come in order without a gap.
   */
  private static SegmentLog open(StoreFiles files, Map<Long, Long> last) throws IOException {
    return SegmentLog.open(
        files,
        LogScript.IDENTITY,
        CONFIG,
        new Random(2),
        0,
        0,
        (record, at) -> {
          long image = record.key().image().value();
          long number = record.key().checkpoint().value();
          assertEquals(last.getOrDefault(image, 0L) + 1, number);
          last.put(image, number);
        });
  }

  private static Void write(SegmentLog log, long image) throws IOException {
    List<Appended> durable = new ArrayList<>();
    List<Appended> appended = new ArrayList<>();
    for (long number = 1; number <= RECORDS; number++) {
      int bytes = ThreadLocalRandom.current().nextInt(number % 40 == 0 ? 30_000 : 3_000);
      appended.add(
          log.append(
              new LogRecord.Manifest(
                  CheckpointKey.of(image, number), new Epoch(image), bytes, bytes),
              content(image, bytes)));
      if (ThreadLocalRandom.current().nextInt(8) == 0) {
        long reached = log.sync();
        assertTrue(Long.compareUnsigned(reached, appended.getLast().end()) >= 0);
        durable.addAll(appended);
        appended.clear();
      }
      if (!durable.isEmpty()) {
        Appended at = durable.get(ThreadLocalRandom.current().nextInt(durable.size()));
        assertTrue(log.pin(at.record().segment()));
        LogRecord.Manifest record = (LogRecord.Manifest) log.readRecord(at.record());
        assertEquals(image, record.key().image().value());
        assertEquals(content(image, record.number()), log.readPayload(at));
        log.unpin(at.record().segment());
      }
    }
    return null;
  }

  private static ByteBuffer content(long image, int bytes) {
    ByteBuffer content = ByteBuffer.allocate(bytes);
    new Random(image * 1_000_000 + bytes).nextBytes(content.array());
    return content;
  }
}
