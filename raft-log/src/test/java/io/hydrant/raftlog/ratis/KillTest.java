package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RecordingMachine;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** SIGKILL at random moments: what was acknowledged is replayed, once, in order. */
@Timeout(120)
final class KillTest {
  private static final int KILLS = 5;

  @TempDir private Path parent;

  @Test
  void everyAcknowledgedCommandIsReplayedOnceInOrder() throws Exception {
    long seed = Long.getLong("hydrant.seed", System.nanoTime());
    System.out.println(
        "KillTest seed "
            + seed
            + ": mvn -pl raft-log test -Dtest=KillTest -Dhydrant.test.options=-Dhydrant.seed="
            + seed);
    Random random = new Random(seed);
    Path directory = parent.resolve("log");
    List<Long> acknowledged = new ArrayList<>();
    long next = 0;
    for (int kill = 0; kill < KILLS; kill++) {
      acknowledged.addAll(liveAndDie(directory, next, 1 + random.nextInt(1_500)));
      List<Long> replayed = replay(directory);
      assertEquals(
          new ArrayList<>(replayed.stream().sorted().distinct().toList()),
          replayed,
          "seed " + seed);
      assertTrue(new HashSet<>(replayed).containsAll(acknowledged), "seed " + seed);
      next = replayed.getLast() + 1;
    }
    assertTrue(acknowledged.size() >= KILLS);
  }

  /**
   * Runs a process until it has acknowledged so many, kills it, and returns all that it has
   * acknowledged.
   */
  private static List<Long> liveAndDie(Path directory, long first, int count) throws Exception {
    Process process =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                KilledProcess.class.getName(),
                directory.toString(),
                Long.toString(first))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<Long> acknowledged = new ArrayList<>();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        acknowledged.add(Long.parseLong(line));
        if (acknowledged.size() == count) {
          process.toHandle().destroyForcibly(); // keeps what is still in the pipe
        }
      }
    }
    assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    assertEquals(128 + 9, process.exitValue());
    return acknowledged;
  }

  private static List<Long> replay(Path directory) throws Exception {
    RecordingMachine machine = new RecordingMachine().durableOnlyOnDemand();
    Logs.lead(Logs.config(directory), machine).close();
    return machine.commands().stream().map(Long::parseLong).toList();
  }
}
