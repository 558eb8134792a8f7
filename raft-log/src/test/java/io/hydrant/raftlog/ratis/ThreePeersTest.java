package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.NotLeaderException;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Peer;
import io.hydrant.raftlog.RaftLogConfig.Timing;
import io.hydrant.raftlog.RecordingMachine;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The same code with three peers over gRPC: the ground that later issues build on. */
@Timeout(90)
final class ThreePeersTest {
  @TempDir private Path parent;

  private record Replica(String id, RatisRaftLog log, RecordingMachine machine) {
    boolean leads() {
      return log.status().leader();
    }
  }

  private final List<Replica> replicas = new ArrayList<>();

  @AfterEach
  void closeAll() {
    replicas.forEach(replica -> replica.log().close());
  }

  private void openThree() throws Exception {
    List<Peer> peers = peers();
    for (Peer peer : peers) {
      RecordingMachine machine = new RecordingMachine().durableOnlyOnDemand();
      RaftLogConfig config =
          new RaftLogConfig(
              parent.resolve(peer.id()), Logs.GROUP, peer.id(), peers, Timing.DEFAULT, Logs.SMALL);
      replicas.add(new Replica(peer.id(), RatisRaftLog.open(config, machine), machine));
    }
  }

  private static List<Peer> peers() throws Exception {
    List<ServerSocket> sockets = new ArrayList<>();
    List<Peer> peers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ServerSocket socket = new ServerSocket(0);
      sockets.add(socket);
      peers.add(new Peer("n" + i, "127.0.0.1", socket.getLocalPort()));
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return peers;
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 2_000 && !condition.getAsBoolean(); i++) {
      Thread.sleep(10);
    }
    assertTrue(condition.getAsBoolean(), what);
  }

  private Replica awaitLeader() throws InterruptedException {
    await("a leader", () -> replicas.stream().anyMatch(Replica::leads));
    return replicas.stream().filter(Replica::leads).findFirst().orElseThrow();
  }

  @Test
  void replicatesRefusesOnFollowersAndSurvivesItsLeader() throws Exception {
    openThree();
    Replica leader = awaitLeader();
    for (int i = 0; i < 50; i++) {
      Logs.submit(leader.log(), "c" + i);
    }
    List<String> commands = leader.machine().commands();
    assertEquals(50, commands.size());
    for (Replica replica : replicas) {
      await(replica.id() + " applies all", () -> replica.machine().commands().equals(commands));
      if (replica != leader) {
        assertFollows(replica, leader);
      }
    }

    leader.log().close();
    replicas.remove(leader);
    Replica next = awaitLeader();
    Logs.submit(next.log(), "after");
    for (Replica replica : replicas) {
      await(replica.id() + " applies it", () -> replica.machine().commands().size() == 51);
      assertEquals("after", replica.machine().commands().getLast());
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
}
