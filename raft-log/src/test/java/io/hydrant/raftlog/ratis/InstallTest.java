package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.submit;
import static io.hydrant.raftlog.ratis.Replicas.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.StateOrigin;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** State that comes from elsewhere, because the log that would make it is purged. */
@Timeout(60)
final class InstallTest {
  @TempDir private Path parent;

  private Replicas replicas;

  @BeforeEach
  void start() throws Exception {
    replicas = new Replicas(parent, Logs.SMALL, 3).start(3);
  }

  @AfterEach
  void close() {
    replicas.close();
  }

  /** Stops a follower, and goes on until the others have purged what it needs. */
  private RecordingMachine leaveBehind(Replica leader) throws Exception {
    submit(leader.log(), "first");
    replicas.awaitEqual(leader);
    Replica behind = replicas.stop(replicas.others(leader).getFirst().id());
    behind.machine().makeDurable();
    purge(behind.machine().restart().restored().index());
    return behind.machine().restart();
  }

  private void purge(long upTo) throws Exception {
    Replica leader = replicas.awaitLeader();
    for (int i = 0; leader.log().status().firstIndex() <= upTo + 1; i++) {
      submit(leader.log(), "x".repeat(4_000) + i);
    }
    for (Replica other : replicas.others(leader)) {
      await("purged", () -> other.log().status().firstIndex() > upTo + 1);
    }
  }

  private String stopped() {
    return replicas.first(3).stream()
        .map(peer -> peer.id())
        .filter(id -> replicas.running().stream().noneMatch(running -> running.id().equals(id)))
        .findFirst()
        .orElseThrow();
  }

  private Replica reopen(RecordingMachine machine) throws Exception {
    String id = stopped();
    return replicas.open(replicas.voter(id, replicas.first(3)), machine);
  }

  private CompletableFuture<RecordingMachine> machineOf(String id) {
    return CompletableFuture.completedFuture(replicas.get(id).machine());
  }

  private static void assertContinuous(Replica installed, Replica leader) {
    List<LogPosition> positions = installed.machine().positions();
    for (int i = 1; i < positions.size(); i++) {
      assertEquals(positions.get(i - 1).index() + 1, positions.get(i).index());
    }
    assertEquals(leader.machine().applied(), installed.machine().applied());
    assertFalse(installed.machine().failure().isDone());
  }

  @Test
  void afterAFailureItIsAskedAgain() throws Exception {
    Replica leader = replicas.awaitLeader();
    AtomicInteger attempts = new AtomicInteger();
    RecordingMachine machine = leaveBehind(leader);
    machine.installingFrom(id ->
        attempts.incrementAndGet() == 1
            ? CompletableFuture.failedFuture(new java.io.IOException("cut off"))
            : machineOf(id));
    Replica behind = reopen(machine);
    await("asked twice", () -> attempts.get() == 2);
    submit(leader.log(), "after");
    replicas.awaitEqual(leader);
    assertContinuous(behind, leader);
  }

  @Test
  void aLeaderLostMeanwhileDoesNotStopIt() throws Exception {
    Replica leader = replicas.awaitLeader();
    CompletableFuture<RecordingMachine> download = new CompletableFuture<>();
    RecordingMachine machine = leaveBehind(leader).installingFrom(id -> download);
    Replica behind = reopen(machine);
    await("asked", () -> !machine.installs().isEmpty());
    leader.machine().makeDurable();
    RecordingMachine former = leader.machine();
    replicas.stop(leader.id());
    replicas.open(
        replicas.voter(leader.id(), replicas.first(3)),
        former.restart().installingFrom(this::machineOf));
    Replica next = replicas.awaitLeader();
    assertTrue(next != behind, "what is behind does not lead");
    submit(next.log(), "by the next");
    assertFalse(machine.commands().contains("by the next"), "nothing is applied meanwhile");
    download.complete(next.machine());
    submit(next.log(), "after");
    replicas.awaitEqual(next);
    assertContinuous(behind, next);
  }

  @Test
  void closingDoesNotWaitForIt() throws Exception {
    Replica leader = replicas.awaitLeader();
    CountDownLatch asked = new CountDownLatch(1);
    CompletableFuture<RecordingMachine> never = new CompletableFuture<>();
    RecordingMachine machine =
        leaveBehind(leader)
            .installingFrom(id -> {
              asked.countDown();
              return never;
            });
    Replica behind = reopen(machine);
    assertTrue(asked.await(20, TimeUnit.SECONDS));
    long start = System.nanoTime();
    replicas.stop(behind.id());
    assertTrue(System.nanoTime() - start < TimeUnit.SECONDS.toNanos(8), "closed in time");
    assertFalse(machine.failure().isDone());

    RecordingMachine again = machine.restart();
    assertEquals(StateOrigin.REPLAYED, again.origin());
    Replica reopened = reopen(again.installingFrom(this::machineOf));
    submit(leader.log(), "after");
    replicas.awaitEqual(leader);
    assertContinuous(reopened, leader);
    assertEquals(StateOrigin.INSTALLED, again.restart().origin());
  }
}
