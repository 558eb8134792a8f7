package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Logs.submit;
import static io.hydrant.raftlog.ratis.Replicas.await;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who is told something by the log, and is at work on it, keeps the replica from nothing: Ratis
 * tells under locks that elections and entries need.
 */
@Timeout(60)
final class SteppingDownTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  @TempDir private Path parent;

  private final CountDownLatch told = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);
  private Replicas replicas;

  @BeforeEach
  void make() throws Exception {
    replicas = new Replicas(parent, Logs.SMALL, 3);
  }

  @AfterEach
  void close() {
    released.countDown();
    replicas.close();
  }

  private void hold() {
    told.countDown();
    try {
      assertTrue(released.await(60, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void assertOneOfTheOthersIsFollowed(Replica leader) throws Exception {
    Replica next = replicas.others(leader).getFirst();
    // What comes of it is told where the test holds things up.
    CompletableFuture<Void> unused = leader.log().transferLeadership(next.id(), PATIENCE);
    await("another leads", next::leads);
    submit(next.log(), "by the next");
    await("it is followed", () -> leader.machine().commands().contains("by the next"));
  }

  @Test
  void whoHearsThatHeMayRead() throws Exception {
    replicas.start(3);
    Replica leader = replicas.awaitLeader();
    submit(leader.log(), "before"); // so that the others have to be asked
    // From a thread of its own: an answer that has come already is heard where it was asked for.
    Thread.ofPlatform().daemon().start(() -> leader.log().readIndex().thenAccept(_ -> hold()));
    assertTrue(told.await(20, TimeUnit.SECONDS));
    assertOneOfTheOthersIsFollowed(leader);
  }

  @Test
  void whoHearsThatHeDoesNotLead() throws Exception {
    for (var peer : replicas.first(3)) {
      replicas.open(
          replicas.voter(peer.id(), replicas.first(3)),
          new RecordingMachine() {
            @Override
            @SuppressWarnings("UnsynchronizedOverridesSynchronized") // entries are applied under it
            public void leadershipChanged(boolean leads, long term) {
              super.leadershipChanged(leads, term);
              if (!leads) {
                hold();
              }
            }
          });
    }
    Replica leader = replicas.awaitLeader();
    assertOneOfTheOthersIsFollowed(leader);
    assertTrue(told.await(20, TimeUnit.SECONDS));
  }
}
