package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.lead;
import static io.hydrant.raftlog.ratis.Logs.submit;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RecordingMachine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Starting, stopping and failing of a group of one. */
@Timeout(60)
final class LifeTest {
  /** Names of threads that come and go by themselves. */
  private static final List<String> PASSING = List.of("grpc-", "timer", "globalEventExecutor");

  @TempDir private Path parent;

  private RaftLogConfig config() {
    return Logs.config(parent.resolve("log"));
  }

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .collect(Collectors.toSet());
  }

  /**
   * Without what gRPC and its Netty let come and go by themselves: a group of one has none of it,
   * but other tests of this JVM do.
   */
  private static Set<String> namesOfNew(Set<Thread> before) {
    return threads().stream()
        .filter(thread -> !before.contains(thread))
        .map(Thread::getName)
        .filter(name -> PASSING.stream().noneMatch(name::startsWith))
        .collect(Collectors.toSet());
  }

  /** Those that have ended their work may take a moment to be gone. */
  private static void assertNoneLeft(Set<Thread> before) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!namesOfNew(before).isEmpty() && System.nanoTime() < deadline) {
      Thread.sleep(10);
    }
    assertEquals(Set.of(), namesOfNew(before));
  }

  @Test
  void runsFewThreadsAndLeavesNone() throws Exception {
    lead(config(), new RecordingMachine()).close(); // what the JVM starts once and keeps
    Set<Thread> before = threads();
    RatisRaftLog log = lead(config(), new RecordingMachine());
    submit(log, "a");
    log.readIndex().get(1, TimeUnit.SECONDS);
    Set<String> running = namesOfNew(before);
    assertTrue(running.size() <= 9, running.toString());
    log.close();
    assertNoneLeft(before);
  }

  @Test
  void leavesNoThreadWhenItFails() throws Exception {
    lead(config(), new RecordingMachine()).close();
    Set<Thread> before = threads();
    RecordingMachine machine = new RecordingMachine().failingOn("bad"::equals);
    RatisRaftLog log = lead(config(), machine);
    CompletableFuture<byte[]> bad = log.submit("bad".getBytes(UTF_8));
    machine.failure().get(20, TimeUnit.SECONDS);
    log.close();
    assertTrue(bad.isCompletedExceptionally());
    assertNoneLeft(before);
  }

  @Test
  void closesFromACallback() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RatisRaftLog log = lead(config(), machine);
    CompletableFuture<Void> closed =
        log.submit("a".getBytes(UTF_8)).thenAccept(answer -> log.close());
    closed.get(20, TimeUnit.SECONDS);
    log.close();
    assertFalse(machine.failure().isDone());
    lead(config(), new RecordingMachine()).close();
  }

  /** Ratis 3.3.0 would spin for ever where an exception from apply meets a close. */
  @Test
  void closesWhileAnApplyFails() throws Exception {
    for (int life = 0; life < 20; life++) {
      RaftLogConfig each = Logs.config(parent.resolve("log-" + life));
      RecordingMachine machine = new RecordingMachine().failingOn("bad"::equals);
      RatisRaftLog log = lead(each, machine);
      CompletableFuture<byte[]> bad = log.submit("bad".getBytes(UTF_8));
      CompletableFuture<byte[]> later = log.submit("later".getBytes(UTF_8));
      log.close();
      assertTrue(bad.isCompletedExceptionally());
      assertTrue(later.isCompletedExceptionally());
      assertEquals(List.of(), machine.commands());
    }
  }

  @Test
  void stopsForGoodWhenTheDirectoryIsTakenAway() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RatisRaftLog log = lead(config(), machine);
    submit(log, "a");
    Files.move(Logs.current(parent.resolve("log")), parent.resolve("gone"));
    CompletableFuture<byte[]> last = CompletableFuture.completedFuture(new byte[0]);
    for (int i = 0; i < 200 && !machine.failure().isDone(); i++) { // until the file is full
      last = log.submit(new byte[1_000]);
      Thread.sleep(2);
    }
    machine.failure().get(20, TimeUnit.SECONDS);
    last.exceptionally(thrown -> new byte[0]).get(20, TimeUnit.SECONDS);
    log.close();
    assertEquals(List.of(true, false), machine.leaderships());
  }

  @Test
  void tellsOfLeadershipOnlyWhenEarlierTermsAreApplied() throws Exception {
    Logs.written(parent.resolve("log"), "a", "b", "c");
    CompletableFuture<List<String>> atLeadership = new CompletableFuture<>();
    RecordingMachine machine =
        new RecordingMachine() {
          @Override
          public synchronized void leadershipChanged(boolean leader, long term) {
            atLeadership.complete(commands());
            super.leadershipChanged(leader, term);
          }
        };
    lead(config(), machine).close();
    assertEquals(List.of("a", "b", "c"), atLeadership.join());
  }
}
