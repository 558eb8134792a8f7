package io.hydrant.raftlog.ratis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.ratis.CountingMachine.Step;
import java.io.BufferedReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A process that ends at each step of an install finds the old state or the new one, and goes on.
 */
@Timeout(120)
final class InstallCrashTest {
  /** The member that is killed. */
  private static final int VICTIM = 2;

  @TempDir private Path parent;

  private final List<RatisRaftLog> logs = new ArrayList<>();
  private final List<CountingMachine> machines = new ArrayList<>();
  private List<Peer> peers = List.of();
  private long next;

  @AfterEach
  void close() {
    logs.forEach(RatisRaftLog::close);
  }

  @Test
  void everyStep() throws Exception {
    try (Replicas addresses = new Replicas(parent, Logs.SMALL, 3)) {
      peers = addresses.first(3);
    }
    for (int i = 0; i < VICTIM; i++) {
      Peer peer = peers.get(i);
      RaftLogConfig config =
          RaftLogConfig.member(
                  parent.resolve(peer.id()), Logs.GROUP, peer.id(), peers, Replicas.transport(peer))
              .withBounds(Logs.SMALL);
      CountingMachine machine =
          new CountingMachine(parent.resolve(peer.id() + ".state"), Step.NEVER);
      machines.add(machine);
      logs.add(RatisRaftLog.open(config, machine));
    }
    for (Step step : List.of(Step.ASKED, Step.SWITCHED, Step.ANSWERED, Step.RESUMED)) {
      liveUntilCaughtUp(step);
      purge();
      assertEquals(CountingMachine.KILLED, dieAt(step), step.name());
    }
    liveUntilCaughtUp(Step.NEVER);
    machines.forEach(machine -> assertEquals("", machine.failure()));
  }

  private void submit() throws Exception {
    byte[] command = ("%-4000d".formatted(next)).getBytes(US_ASCII);
    RatisRaftLog leader = leader();
    leader.submit(command).get(20, TimeUnit.SECONDS);
    next++;
  }

  private RatisRaftLog leader() throws InterruptedException {
    Replicas.await("a leader", () -> logs.stream().anyMatch(log -> log.status().leader()));
    return logs.stream().filter(log -> log.status().leader()).findFirst().orElseThrow();
  }

  /** Until nothing of what there is now is left in the logs. */
  private void purge() throws Exception {
    long last = leader().status().lastCommittedIndex();
    while (logs.stream().anyMatch(log -> log.status().firstIndex() <= last + 1)) {
      submit();
    }
  }

  private Process start(Step step) throws Exception {
    return new ProcessBuilder(CountingProcess.command(parent, VICTIM, step, peers))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** A life that recovers from what the step before has left; SIGKILL ends it. */
  private void liveUntilCaughtUp(Step before) throws Exception {
    submit();
    Process process = start(Step.NEVER);
    try (BufferedReader lines = process.inputReader()) {
      String line = lines.readLine();
      while (line != null && !line.equals("at " + next)) {
        assertFalse(line.startsWith("failed"), () -> "before " + before + ": it failed");
        line = lines.readLine();
      }
      assertEquals("at " + next, line, "before " + before);
    } finally {
      process.destroyForcibly().waitFor();
    }
  }

  private int dieAt(Step step) throws Exception {
    Process process = start(step);
    try (BufferedReader lines = process.inputReader()) {
      List<String> said = lines.lines().toList();
      assertTrue(said.contains("ends " + step), () -> "it said " + said);
    } finally {
      assertTrue(process.waitFor(20, TimeUnit.SECONDS));
    }
    return process.exitValue();
  }
}
