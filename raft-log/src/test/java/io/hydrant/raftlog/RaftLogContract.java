package io.hydrant.raftlog;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RecordingMachine.Applied;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every {@link RaftLog} of a group of one does. */
@Timeout(60)
public abstract class RaftLogContract {
  /** Snapshots are asked for after this many entries. */
  protected static final int SNAPSHOT_EVERY_ENTRIES = 50;

  private final List<RaftLog> opened = new ArrayList<>();

  /** Opens the log of this test: the same one each time, with what earlier lives have left. */
  protected abstract RaftLog open(ReplicatedStateMachine machine) throws Exception;

  @AfterEach
  final void closeAll() throws Exception {
    for (RaftLog log : opened) {
      log.close();
    }
  }

  protected final RaftLog openAndLead(RecordingMachine machine) throws Exception {
    RaftLog log = open(machine);
    opened.add(log);
    assertTrue(machine.led().await(20, TimeUnit.SECONDS), "no leadership within 20 s");
    return log;
  }

  protected static String submit(RaftLog log, String command) throws Exception {
    return new String(log.submit(command.getBytes(UTF_8)).get(20, TimeUnit.SECONDS), UTF_8);
  }

  protected static Throwable causeOf(Future<?> future) {
    return assertNotNullCause(
        assertThrows(ExecutionException.class, () -> future.get(20, TimeUnit.SECONDS)));
  }

  private static Throwable assertNotNullCause(ExecutionException thrown) {
    Throwable cause = thrown.getCause();
    assertNotNull(cause);
    return cause;
  }

  /** Each index exactly once, ascending, none left out, and terms never go back. */
  protected static void assertConsecutive(LogPosition restored, List<LogPosition> positions) {
    LogPosition previous = restored;
    for (LogPosition position : positions) {
      assertEquals(previous.index() + 1, position.index(), () -> "in " + positions);
      assertTrue(position.term() >= previous.term(), () -> "in " + positions);
      previous = position;
    }
  }

  @Test
  void answersWithWhatApplyAnswered() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    assertEquals("done a", submit(log, "a"));
    assertThrows(IllegalArgumentException.class, () -> log.submit(new byte[0]));
    assertEquals(List.of("a"), machine.commands());
  }

  @Test
  void takesTheCommandAsItWasWhenSubmitted() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    byte[] command = "before".getBytes(UTF_8);
    CompletableFuture<byte[]> answer = log.submit(command);
    java.util.Arrays.fill(command, (byte) 'x');
    assertArrayEquals("done before".getBytes(UTF_8), answer.get(20, TimeUnit.SECONDS));
  }

  @Test
  void keepsTheOrderOfOneThread() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    List<String> commands = IntStream.range(0, 1_000).mapToObj(i -> "c" + i).toList();
    List<CompletableFuture<byte[]>> answers =
        commands.stream().map(command -> log.submit(command.getBytes(UTF_8))).toList();
    for (int i = 0; i < answers.size(); i++) {
      assertEquals("done c" + i, new String(answers.get(i).get(20, TimeUnit.SECONDS), UTF_8));
    }
    assertEquals(commands, machine.commands());
    assertConsecutive(LogPosition.NONE, machine.positions());
  }

  @Test
  void servesConcurrentSubmitters() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    try (var submitters = Executors.newFixedThreadPool(8)) {
      List<Future<?>> running = new ArrayList<>();
      for (int submitter = 0; submitter < 8; submitter++) {
        String name = "s" + submitter + "-";
        running.add(
            submitters.submit(() -> {
              for (int i = 0; i < 50; i++) {
                assertEquals("done " + name + i, submit(log, name + i));
              }
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get(40, TimeUnit.SECONDS);
      }
    }
    List<String> commands = machine.commands();
    assertEquals(400, commands.size());
    for (int submitter = 0; submitter < 8; submitter++) {
      String name = "s" + submitter + "-";
      assertEquals(
          IntStream.range(0, 50).mapToObj(i -> name + i).toList(),
          commands.stream().filter(command -> command.startsWith(name)).toList());
    }
    assertConsecutive(LogPosition.NONE, machine.positions());
  }

  @Test
  void refusesCommandsThatAreTooLarge() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    assertThrows(
        IllegalArgumentException.class, () -> log.submit(new byte[RaftLog.COMMAND_BYTES_MAX + 1]));
    log.submit(new byte[RaftLog.COMMAND_BYTES_MAX]).get(20, TimeUnit.SECONDS);
    assertEquals(1, machine.commands().size());
  }

  @Test
  void replaysExactlyWhatIsBehindTheRestoredState() throws Exception {
    RecordingMachine first = new RecordingMachine().durableOnlyOnDemand();
    RaftLog log = openAndLead(first);
    submit(log, "a");
    submit(log, "b");
    LogPosition durable = first.makeDurable();
    submit(log, "c");
    submit(log, "d");
    log.close();
    List<Applied> all = first.applied();

    RecordingMachine second = first.restart();
    assertEquals(durable, second.restored());
    RaftLog reopened = openAndLead(second);
    assertEquals(all, second.applied());
    assertConsecutive(durable, second.positions());
    assertEquals("done e", submit(reopened, "e"));
    assertConsecutive(durable, second.positions());
    assertEquals(List.of("a", "b", "c", "d", "e"), second.commands());
  }

  @Test
  void restartsTwentyTimes() throws Exception {
    RecordingMachine machine = new RecordingMachine().durableOnlyOnDemand();
    List<String> expected = new ArrayList<>();
    for (int life = 0; life < 20; life++) {
      RaftLog log = openAndLead(machine);
      assertEquals(expected, machine.commands(), "life " + life);
      for (int i = 0; i < 3; i++) {
        String command = "life " + life + " command " + i;
        submit(log, command);
        expected.add(command);
      }
      if (life % 3 == 0) {
        machine.makeDurable();
      }
      log.close();
      assertEquals(List.of(true, false), machine.leaderships());
      assertFalse(machine.failure().isDone());
      machine = machine.restart().durableOnlyOnDemand();
    }
  }

  @Test
  void stopsForGoodWhenAnApplyThrows() throws Exception {
    RecordingMachine machine = new RecordingMachine().failingOn("bad"::equals);
    RaftLog log = openAndLead(machine);
    submit(log, "good");
    CompletableFuture<byte[]> bad = log.submit("bad".getBytes(UTF_8));
    List<CompletableFuture<byte[]>> later =
        IntStream.range(0, 20).mapToObj(i -> log.submit(("later" + i).getBytes(UTF_8))).toList();

    assertEquals(
        "java.io.IOException: poison: bad", machine.failure().get(20, TimeUnit.SECONDS).toString());
    assertInstanceOf(UnknownOutcomeException.class, causeOf(bad));
    for (CompletableFuture<byte[]> one : later) {
      assertInstanceOf(UnknownOutcomeException.class, causeOf(one));
    }
    assertInstanceOf(UnknownOutcomeException.class, causeOf(log.submit(new byte[1])));
    log.close();
    assertEquals(List.of("good"), machine.commands());

    RecordingMachine still = machine.restart().failingOn("bad"::equals);
    RaftLog reopened = open(still);
    assertEquals(
        "java.io.IOException: poison: bad", still.failure().get(20, TimeUnit.SECONDS).toString());
    reopened.close();
    assertEquals(List.of("good"), still.commands());

    RecordingMachine cured = still.restart();
    openAndLead(cured);
    assertEquals(
        "bad", cured.commands().get(1), "what was in the log is applied by a life that can");
  }

  @Test
  void asksForSnapshotsAndForgetsWhatTheyCover() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    for (int i = 0; i < 4 * SNAPSHOT_EVERY_ENTRIES; i++) {
      submit(log, "c" + i);
    }
    awaitSnapshot(log, SNAPSHOT_EVERY_ENTRIES);
    assertTrue(
        machine.snapshots() >= 3 && machine.snapshots() <= 5,
        "asked " + machine.snapshots() + " times");
    log.close();

    RecordingMachine second = machine.restart();
    openAndLead(second);
    assertEquals(machine.commands(), second.commands());
    assertConsecutive(second.restored(), second.positions());
  }

  private static void awaitSnapshot(RaftLog log, long index) throws InterruptedException {
    for (int i = 0; i < 1_000 && log.status().snapshotIndex() < index; i++) {
      Thread.sleep(5);
    }
    assertTrue(log.status().snapshotIndex() >= index, () -> log.status().toString());
  }

  @Test
  void readIndexCoversWhatWasAcknowledged() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    for (int i = 0; i < 20; i++) {
      submit(log, "c" + i);
      long index = log.readIndex().get(20, TimeUnit.SECONDS);
      assertTrue(index >= machine.positions().getLast().index());
    }
  }

  @Test
  void tellsItsStatus() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    submit(log, "a");
    RaftLog.Status status = log.status();
    assertTrue(status.leader());
    assertEquals(status.selfId(), status.leaderId());
    assertEquals(machine.positions().getLast().index(), status.lastAppliedIndex());
    assertEquals(machine.positions().getLast().term(), status.term());
    assertTrue(status.lastCommittedIndex() >= status.lastAppliedIndex());
    assertEquals(-1, status.snapshotIndex());
    assertEquals(0, status.firstIndex());
  }

  @Test
  void closesOnceAndAnswersUnknownAfterwards() throws Exception {
    RecordingMachine machine = new RecordingMachine();
    RaftLog log = openAndLead(machine);
    submit(log, "a");
    log.close();
    log.close();
    assertInstanceOf(UnknownOutcomeException.class, causeOf(log.submit(new byte[1])));
    assertThrows(ExecutionException.class, () -> log.readIndex().get(1, TimeUnit.SECONDS));
    assertFalse(log.status().leader());
    assertFalse(machine.failure().isDone());
  }
}
