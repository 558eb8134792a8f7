package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.config;
import static io.hydrant.raftlog.ratis.Logs.lead;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RecordingMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class PurgeTest {
  @TempDir private Path parent;

  @Test
  void directoryStaysBoundedOverThousandsOfEntries() throws Exception {
    Path directory = parent.resolve("log");
    RecordingMachine machine = new RecordingMachine();
    long largest = 0;
    try (RatisRaftLog log = lead(config(directory), machine)) {
      for (int round = 0; round < 50; round++) {
        List<CompletableFuture<byte[]>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          answers.add(log.submit(new byte[500]));
        }
        for (CompletableFuture<byte[]> answer : answers) {
          answer.get(20, TimeUnit.SECONDS);
        }
        largest = Math.max(largest, bytes(directory));
      }
      assertEquals(machine.positions().getLast().index(), log.status().lastAppliedIndex());
      assertTrue(log.status().firstIndex() > 4_000, log.status().toString());
    }
    // 2.5 MB went through; a segment has 64 KiB, a snapshot covers 50 entries, 100 are in flight.
    assertTrue(largest < 6 * (64 << 10), "grew to " + largest + " bytes");

    RecordingMachine second = machine.restart();
    lead(config(directory), second).close();
    assertEquals(machine.commands(), second.commands());
  }

  @Test
  void nothingIsPurgedThatIsNotDurable() throws Exception {
    Path directory = parent.resolve("log");
    RecordingMachine machine = new RecordingMachine().durableOnlyOnDemand();
    try (RatisRaftLog log = lead(config(directory), machine)) {
      for (int i = 0; i < 500; i++) {
        Logs.submit(log, "c".repeat(400) + i);
      }
      assertTrue(machine.snapshots() > 5);
      assertEquals(0, log.status().firstIndex());
    }
    RecordingMachine second = machine.restart();
    lead(config(directory), second).close();
    assertEquals(machine.applied(), second.applied());
  }

  /** Files may vanish meanwhile. */
  private static long bytes(Path directory) throws IOException {
    long sum = 0;
    for (Path file : Logs.files(directory, "")) {
      sum += file.toFile().length();
    }
    return sum;
  }
}
