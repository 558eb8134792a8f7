package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RecordingMachine;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.protocol.TermIndex;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What Ratis is told of an install, without Ratis. */
@Timeout(30)
final class InstallationTest {
  private static final LogPosition FIRST = new LogPosition(3, 100);
  private static final LogPosition POSITION = new LogPosition(3, 120);
  private static final Peer LEADER = Peer.unreachable("n1");

  private final List<CompletableFuture<LogPosition>> attempts = new ArrayList<>();
  private final List<LogPosition> installed = new ArrayList<>();
  private final List<Throwable> deaths = new ArrayList<>();
  private final ApplyGate gate = new ApplyGate();

  private final RecordingMachine machine =
      new RecordingMachine() {
        @Override
        public CompletableFuture<LogPosition> install(LogPosition firstAvailable, Peer leader) {
          CompletableFuture<LogPosition> attempt = new CompletableFuture<>();
          synchronized (attempts) {
            attempts.add(attempt);
          }
          return attempt;
        }
      };

  private final Installation installation =
      new Installation(
          machine,
          gate,
          new Installation.Owner() {
            @Override
            public LogPosition applied() {
              return new LogPosition(2, 40);
            }

            @Override
            public void installed(LogPosition position) {
              installed.add(position);
            }

            @Override
            public void fatal(Throwable cause) {
              deaths.add(cause);
            }
          },
          "install");

  private CompletableFuture<LogPosition> attempt(int number) throws InterruptedException {
    Replicas.await(
        "asked",
        () -> {
          synchronized (attempts) {
            return attempts.size() > number && attempts.get(number).getNumberOfDependents() > 0;
          }
        });
    return attempts.get(number);
  }

  private static long later(long seconds) {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  private static TermIndex termIndex(LogPosition position) {
    return TermIndex.valueOf(position.term(), position.index());
  }

  @Test
  void answersWhenTheStateIsSwitched() throws Exception {
    CompletableFuture<TermIndex> told = installation.notified(FIRST, LEADER);
    CompletableFuture<LogPosition> attempt = attempt(0);
    assertFalse(told.isDone());
    attempt.complete(POSITION);
    assertEquals(termIndex(POSITION), told.get(1, TimeUnit.SECONDS));
    assertEquals(List.of(POSITION), installed);
    assertTrue(gate.enter(), "entries are applied again");
    assertFalse(installation.isTaken());
    installation.taken();
    assertTrue(installation.isTaken());
    installation.tick(later(100));
    assertEquals(List.of(), deaths);
  }

  @Test
  void anotherLeaderIsAttachedToWhatRuns() throws Exception {
    CompletableFuture<TermIndex> first = installation.notified(FIRST, LEADER);
    CompletableFuture<LogPosition> attempt = attempt(0);
    installation.leaderChanged(System.nanoTime());
    assertTrue(first.isCompletedExceptionally(), "or Ratis would take nothing from the next one");
    CompletableFuture<TermIndex> second =
        installation.notified(new LogPosition(4, 90), Peer.unreachable("n2"));
    attempt.complete(POSITION);
    assertEquals(termIndex(POSITION), second.get(1, TimeUnit.SECONDS));
    assertEquals(1, attempts.size());
    installation.tick(later(100));
    assertEquals(List.of(), deaths, "the change came before the answer");
  }

  @Test
  void aFailureIsGivenBackLaterAndTheNextNotificationTriesAgain() throws Exception {
    CompletableFuture<TermIndex> first = installation.notified(FIRST, LEADER);
    attempt(0).completeExceptionally(new IOException("cut off"));
    installation.tick(System.nanoTime());
    assertFalse(first.isDone(), "not at once, or it would be asked in a circle");
    installation.tick(later(2));
    assertTrue(first.isCompletedExceptionally());
    CompletableFuture<TermIndex> second = installation.notified(FIRST, LEADER);
    attempt(1).complete(POSITION);
    assertEquals(termIndex(POSITION), second.get(1, TimeUnit.SECONDS));
  }

  @Test
  void aLeaderLostBeforeRatisHasLookedEndsTheReplica() throws Exception {
    CompletableFuture<TermIndex> told = installation.notified(FIRST, LEADER);
    attempt(0).complete(POSITION);
    told.get(1, TimeUnit.SECONDS);
    installation.tick(later(100));
    assertEquals(List.of(), deaths, "the same leader will come");
    installation.leaderChanged(System.nanoTime());
    installation.tick(later(4));
    assertEquals(List.of(), deaths, "the next leader may come");
    installation.tick(later(6));
    assertEquals(1, deaths.size());
    installation.tick(later(100));
    assertEquals(1, deaths.size());
  }

  @Test
  void aStateThatGoesBackEndsTheReplica() throws Exception {
    CompletableFuture<TermIndex> told = installation.notified(FIRST, LEADER);
    attempt(0).complete(new LogPosition(3, 99));
    assertFalse(told.isDone());
    assertEquals(List.of(), installed);
    assertSame(IllegalStateException.class, deaths.getFirst().getClass());
  }
}
