package io.hydrant.raftlog.ratis;

import static io.hydrant.raftlog.ratis.Replicas.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.ratis.Replicas.Replica;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Replication between several peers over gRPC. */
@Timeout(90)
final class ThreePeersTest {
  @TempDir private Path parent;

  @Test
  void replicatesRefusesOnFollowersAndSurvivesItsLeader() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 3).start(3)) {
      Replica leader = replicas.awaitLeader();
      for (int i = 0; i < 50; i++) {
        Logs.submit(leader.log(), "c" + i);
      }
      List<String> commands = leader.machine().commands();
      assertEquals(50, commands.size());
      for (Replica replica : replicas.running()) {
        await(replica.id() + " applies all", () -> replica.machine().commands().equals(commands));
        if (replica != leader) {
          assertFollows(replica, leader);
        }
      }

      replicas.stop(leader.id());
      Replica next = replicas.awaitLeader();
      Logs.submit(next.log(), "after");
      for (Replica replica : replicas.running()) {
        await(replica.id() + " applies it", () -> replica.machine().commands().size() == 51);
        assertEquals("after", replica.machine().commands().getLast());
      }
    }
  }

  private static void assertFollows(Replica follower, Replica leader) throws Exception {
    Throwable cause =
        assertThrows(
                ExecutionException.class,
                () -> follower.log().submit(new byte[1]).get(20, TimeUnit.SECONDS))
            .getCause();
    assertEquals(leader.id(), assertInstanceOf(NotLeaderException.class, cause).leaderId());
    assertEquals(leader.id(), follower.log().status().leaderId());
    long index = follower.log().readIndex().get(20, TimeUnit.SECONDS);
    assertTrue(index >= 50, "read index " + index);
    assertEquals(50, follower.machine().commands().size());
  }

  /** The transport is chosen by configuration: a group that is to grow begins with one. */
  @Test
  void aGroupOfOneMayHaveATransport() throws Exception {
    try (Replicas replicas = new Replicas(parent, Logs.SMALL, 1).start(1)) {
      Replica only = replicas.awaitLeader();
      Logs.submit(only.log(), "a");
      assertTrue(
          only.log().readIndex().get(20, TimeUnit.SECONDS)
              >= only.machine().positions().getLast().index());
      RecordingMachine stopped = replicas.stop("n0").machine();
      stopped.makeDurable();
      replicas.open(replicas.voter("n0", replicas.first(1)), stopped.restart());
      Replica again = replicas.awaitLeader();
      assertTrue(
          again.log().readIndex().get(20, TimeUnit.SECONDS)
              >= stopped.positions().getLast().index());
      assertEquals(List.of("a"), again.machine().commands());
    }
  }
}
