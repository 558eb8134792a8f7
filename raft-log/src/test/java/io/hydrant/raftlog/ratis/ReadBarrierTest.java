package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.NotLeaderException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A read is confirmed by what was appended after it began, and by nothing else. */
final class ReadBarrierTest {
  @TempDir private Path parent;

  private final List<CompletableFuture<Void>> appended = new ArrayList<>();
  private long applied = 7;
  private final ReadBarrier barrier = new ReadBarrier(this::append, () -> applied, Runnable::run);

  private CompletableFuture<Void> append() {
    CompletableFuture<Void> entry = new CompletableFuture<>();
    appended.add(entry);
    return entry;
  }

  @Test
  void whatWasConfirmedForOneIsNoConfirmationForTheNext() throws Exception {
    CompletableFuture<Long> first = barrier.read();
    appended.getFirst().complete(null);
    assertEquals(7, first.get(1, TimeUnit.SECONDS));
    CompletableFuture<Long> second = barrier.read();
    assertFalse(second.isDone(), "nobody has said since that this replica still leads");
    applied = 8;
    appended.getLast().complete(null);
    assertEquals(8, second.get(1, TimeUnit.SECONDS));
    assertEquals(2, appended.size());
  }

  @Test
  void whoComesWhileOneIsUnderWayWaitsForTheNextAndAllShareIt() throws Exception {
    CompletableFuture<Long> first = barrier.read();
    List<CompletableFuture<Long>> late = List.of(barrier.read(), barrier.read(), barrier.read());
    assertEquals(1, appended.size());
    appended.getFirst().complete(null);
    assertTrue(first.isDone());
    assertEquals(2, appended.size());
    late.forEach(read -> assertFalse(read.isDone(), "it was appended before they came"));
    appended.getLast().complete(null);
    for (CompletableFuture<Long> read : late) {
      assertEquals(7, read.get(1, TimeUnit.SECONDS));
    }
    assertEquals(2, appended.size());
  }

  @Test
  void aFailureIsForThoseWhoWaitedForItAlone() throws Exception {
    CompletableFuture<Long> first = barrier.read();
    CompletableFuture<Long> second = barrier.read();
    NotLeaderException deposed = new NotLeaderException("n2");
    appended.getFirst().completeExceptionally(deposed);
    assertSame(
        deposed,
        assertThrows(ExecutionException.class, () -> first.get(1, TimeUnit.SECONDS)).getCause());
    appended.getLast().complete(null);
    assertEquals(7, second.get(1, TimeUnit.SECONDS));
  }

  /** Ratis' own read index answers the second one without asking anybody. */
  @Test
  void everyReadOfAGroupGoesThroughItsLog() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3).start(3)) {
      Replicas.Replica leader = replicas.awaitLeader();
      Logs.submit(leader.log(), "a");
      long before = leader.log().readIndex().get(20, TimeUnit.SECONDS);
      for (int i = 0; i < 3; i++) {
        long index = leader.log().readIndex().get(20, TimeUnit.SECONDS);
        assertTrue(index > before, "%d after %d".formatted(index, before));
        before = index;
      }
      assertEquals(List.of("a"), leader.machine().commands());
    }
  }
}
