package io.hydrant.raftlog.ratis;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.RaftLogConfig.Bounds;
import io.hydrant.raftlog.RaftLogConfig.Timing;
import io.hydrant.raftlog.RecordingMachine;
import io.hydrant.raftlog.Transport;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** Replicas of one group in this JVM, over gRPC on the loopback interface. */
final class Replicas implements AutoCloseable {
  private final Path parent;
  private final Bounds bounds;
  private final List<Peer> peers;
  private final Map<String, Replica> running = new TreeMap<>();

  record Replica(String id, RatisRaftLog log, RecordingMachine machine) {
    boolean leads() {
      return log.status().leader();
    }
  }

  /**
   * @param count how many are known by address, of which the first ones may be started as voters
   */
  Replicas(Path parent, Bounds bounds, int count) throws IOException {
    this.parent = parent;
    this.bounds = bounds;
    this.peers = peers(count);
  }

  private static List<Peer> peers(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    List<Peer> peers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ServerSocket socket = new ServerSocket(0);
      sockets.add(socket);
      peers.add(
          new Peer(
              "n" + i,
              "127.0.0.1:" + socket.getLocalPort(),
              "public-n" + i + ":1",
              "n" + i + ":2"));
    }
    for (ServerSocket socket : sockets) {
      socket.close();
    }
    return peers;
  }

  static Transport.Grpc transport(Peer peer) {
    String[] parts = peer.raftAddress().split(":", 2);
    return new Transport.Grpc(parts[0], Integer.parseInt(parts[1]));
  }

  Peer peer(String id) {
    return peers.stream().filter(peer -> peer.id().equals(id)).findFirst().orElseThrow();
  }

  List<Peer> first(int count) {
    return List.copyOf(peers.subList(0, count));
  }

  /** One more, who may be opened where that one has been stopped. */
  Peer atAddressOf(String id) {
    String next = "n" + peers.size();
    Peer peer = new Peer(next, peer(id).raftAddress(), "public-" + next + ":1", next + ":2");
    peers.add(peer);
    return peer;
  }

  Path directory(String id) {
    return parent.resolve(id);
  }

  RaftLogConfig voter(String id, List<Peer> voters) {
    return configured(
        RaftLogConfig.member(directory(id), Logs.GROUP, id, voters, transport(peer(id))));
  }

  RaftLogConfig joiner(String id) {
    return configured(RaftLogConfig.joiner(directory(id), Logs.GROUP, id, transport(peer(id))));
  }

  private RaftLogConfig configured(RaftLogConfig config) {
    return config.withBounds(bounds).withTiming(Timing.GROUP);
  }

  /** The first ones, as the voters of a new group. */
  Replicas start(int voters) throws IOException {
    for (Peer peer : first(voters)) {
      open(voter(peer.id(), first(voters)), new RecordingMachine());
    }
    return this;
  }

  Replica open(RaftLogConfig config, RecordingMachine machine) throws IOException {
    String id = config.selfId();
    Replica replica = new Replica(id, RatisRaftLog.open(config, machine), machine);
    running.put(id, replica);
    return replica;
  }

  /** Closes it; what it has made durable may be opened again. */
  Replica stop(String id) {
    Replica replica = get(id);
    replica.log().close();
    running.remove(id);
    return replica;
  }

  Replica get(String id) {
    Replica replica = running.get(id);
    if (replica == null) {
      throw new NoSuchElementException(id);
    }
    return replica;
  }

  List<Replica> running() {
    return List.copyOf(running.values());
  }

  List<Replica> others(Replica than) {
    return running().stream().filter(replica -> replica != than).toList();
  }

  Replica awaitLeader() throws InterruptedException {
    await("a leader", () -> running().stream().anyMatch(Replica::leads));
    return running().stream().filter(Replica::leads).findFirst().orElseThrow();
  }

  /** All that run have applied what this one has. */
  void awaitEqual(Replica to) throws InterruptedException {
    List<String> commands = to.machine().commands();
    for (Replica replica : running()) {
      await(replica.id() + " applies all", () -> replica.machine().commands().equals(commands));
    }
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 4_000 && !condition.getAsBoolean(); i++) {
      Thread.sleep(5);
    }
    assertTrue(condition.getAsBoolean(), what);
  }

  @Override
  public void close() {
    running().forEach(replica -> replica.log().close());
  }
}
