package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.GetClusterRequest;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.InitResponse;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Three servers in processes of their own, on loopback, each with its ports for life. */
final class GroupOfThree implements AutoCloseable {
  static final int NODES = 3;
  private static final int PORTS = 3;

  private final Path directory;
  private final Map<String, String> settings;
  private final List<Node> nodes = new ArrayList<>();

  private static final class Node {
    private final int[] ports;
    private @Nullable ServerProcess process;
    private @Nullable NodeClient client;

    Node(int[] ports) {
      this.ports = ports;
    }
  }

  GroupOfThree(Path directory) throws IOException {
    this(directory, Map.of());
  }

  /**
   * @param settings of every node, beside its addresses
   */
  GroupOfThree(Path directory, Map<String, String> settings) throws IOException {
    this.directory = directory;
    this.settings = Map.copyOf(settings);
    int[] free = freePorts(NODES * PORTS);
    for (int i = 0; i < NODES; i++) {
      nodes.add(new Node(new int[] {free[3 * i], free[3 * i + 1], free[3 * i + 2]}));
    }
  }

  /** All at once held, so that they differ. */
  static int[] freePorts(int count) throws IOException {
    List<ServerSocket> held = new ArrayList<>();
    int[] ports = new int[count];
    try {
      for (int i = 0; i < count; i++) {
        ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        held.add(socket);
        ports[i] = socket.getLocalPort();
      }
    } finally {
      for (ServerSocket socket : held) {
        socket.close();
      }
    }
    return ports;
  }

  Map<String, String> settings(int node) {
    int[] ports = nodes.get(node).ports;
    Map<String, String> all = new HashMap<>(settings);
    all.put("data.directory", directory(node).toString());
    all.put("listen.address", "127.0.0.1:" + ports[0]);
    all.put("cluster.peer-address", "127.0.0.1:" + ports[1]);
    all.put("cluster.raft-address", "127.0.0.1:" + ports[2]);
    all.put("cluster.join", "true");
    return all;
  }

  Path directory(int node) {
    return directory.resolve("node" + node);
  }

  void start(int node) throws Exception {
    Node started = nodes.get(node);
    ServerProcess process = ServerProcess.start(settings(node));
    started.process = process;
    started.client = new NodeClient(process.port());
  }

  /** All of these at once. */
  void startAll(int... numbers) throws Exception {
    List<Future<?>> starting = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int node : numbers) {
        starting.add(
            threads.submit(() -> {
              start(node);
              return null;
            }));
      }
    }
    for (Future<?> each : starting) {
      each.get();
    }
  }

  void kill(int node) throws Exception {
    Node killed = nodes.get(node);
    if (killed.client != null) {
      killed.client.close();
      killed.client = null;
    }
    if (killed.process != null) {
      killed.process.kill();
      killed.process = null;
    }
  }

  NodeClient client(int node) {
    return Objects.requireNonNull(nodes.get(node).client, "does not run");
  }

  String peerAddress(int node) {
    return "127.0.0.1:" + nodes.get(node).ports[1];
  }

  String publicAddress(int node) {
    return "127.0.0.1:" + nodes.get(node).ports[0];
  }

  InitResponse init(int asked, ByteString token) {
    InitRequest.Builder request = InitRequest.newBuilder().setToken(token);
    for (int node = 0; node < NODES; node++) {
      request.addPeerAddress(peerAddress(node));
    }
    return cluster(asked).init(request.build());
  }

  ClusterServiceGrpc.ClusterServiceBlockingStub cluster(int node) {
    return ClusterServiceGrpc.newBlockingStub(client(node).channel())
        .withDeadlineAfter(60, TimeUnit.SECONDS);
  }

  Cluster status(int node) {
    return cluster(node).getCluster(GetClusterRequest.getDefaultInstance());
  }

  ServerInfo info(int node) {
    return ServerServiceGrpc.newBlockingStub(client(node).channel())
        .withDeadlineAfter(60, TimeUnit.SECONDS)
        .getServerInfo(GetServerInfoRequest.getDefaultInstance());
  }

  /** A counter or gauge of a node, by its name in docs/stats.md. */
  long stat(int node, String name) {
    StatsResponse stats = client(node).server().stats(StatsRequest.getDefaultInstance());
    return stats.containsGauges(name)
        ? stats.getGaugesOrThrow(name)
        : stats.getCountersOrThrow(name);
  }

  /** Waits until one of these leads, with all of these knowing it; its number. */
  int awaitLeader(int... among) throws InterruptedException {
    int[] leader = {-1};
    await(
        "a leader",
        () -> {
          leader[0] = -1;
          for (int node : among) {
            leader[0] = info(node).getLeader() ? node : leader[0];
          }
          if (leader[0] < 0) {
            return false;
          }
          String id = info(leader[0]).getLeaderId();
          for (int node : among) {
            if (!info(node).getLeaderId().equals(id) || id.isEmpty()) {
              return false;
            }
          }
          return true;
        });
    return leader[0];
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (!holds(condition)) {
      if (System.nanoTime() > deadline) {
        fail("waited in vain for " + what);
      }
      Thread.sleep(50);
    }
  }

  private static boolean holds(BooleanSupplier condition) {
    try {
      return condition.getAsBoolean();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Override
  public void close() throws Exception {
    for (int node = 0; node < NODES; node++) {
      kill(node);
    }
  }
}
