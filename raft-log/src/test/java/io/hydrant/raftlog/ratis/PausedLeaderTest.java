package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Replicas.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A leader that is stopped for longer than others wait, and goes on as if nothing had been. */
@Timeout(60)
final class PausedLeaderTest {
  private static final long PAUSE_MILLIS = 3_000;

  @TempDir private Path parent;

  private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();

  @Test
  void losesAndDoublesNothing() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3)) {
      for (String id : List.of("n0", "n1")) {
        replicas.open(
            replicas.voter(id, replicas.first(3)), new RecordingMachine().durableOnlyOnDemand());
      }
      Process third =
          new ProcessBuilder(SubmittingProcess.command(parent, 2, replicas.first(3)))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      try {
        Thread reader = Thread.ofPlatform().daemon().start(() -> read(third));
        Replica first = replicas.awaitLeader();
        await("a connection", () -> first.log().matchIndices().getOrDefault("n2", -1L) >= 0);
        first.log().transferLeadership("n2", Duration.ofSeconds(10)).get(20, TimeUnit.SECONDS);
        await("it commits", () -> acknowledged.size() > 50);

        signal(third, "STOP");
        long paused = System.nanoTime();
        Replica next = replicas.awaitLeader();
        Logs.submit(next.log(), "by the next");
        await(
            "the pause is over",
            () -> System.nanoTime() - paused > TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
        signal(third, "CONT");
        next.log().transferLeadership("n2", Duration.ofSeconds(10)).get(20, TimeUnit.SECONDS);
        int before = acknowledged.size();
        await("it commits again", () -> acknowledged.size() > before + 50);
        third.destroyForcibly().waitFor();
        reader.join();

        Replica last = replicas.awaitLeader();
        last.log().readIndex().get(20, TimeUnit.SECONDS);
        List<String> commands = last.machine().commands();
        assertEquals(commands.size(), new HashSet<>(commands).size(), "nothing twice");
        assertTrue(commands.contains("by the next"));
        assertTrue(commands.containsAll(acknowledged), "nothing lost");
        assertFalse(acknowledged.isEmpty());
      } finally {
        third.destroyForcibly().waitFor();
      }
    }
  }

  private void read(Process process) {
    try (BufferedReader lines = process.inputReader()) {
      lines.lines().forEach(acknowledged::add);
    } catch (Exception e) {
      // it was killed
    }
  }

  private static void signal(Process process, String name) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertEquals(0, kill.waitFor());
  }
}
