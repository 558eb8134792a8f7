package io.hydrant.node;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.GetClusterRequest;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.MemberRole;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ServerInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Several nodes in this process, each with its directory and its ports for life. */
final class LocalNodes implements AutoCloseable {
  private static final ByteString TOKEN = ByteString.copyFromUtf8("0123456789abcdef");
  private static final int PORTS = 3;

  private final Path directory;
  private final List<Place> places = new ArrayList<>();

  private static final class Place {
    private final int[] ports;
    private final NodeClient client;
    private final List<String> faults = new CopyOnWriteArrayList<>();
    private @Nullable HydrantNode node;

    Place(int[] ports) {
      this.ports = ports;
      this.client = new NodeClient(ports[0]);
    }
  }

  LocalNodes(Path directory, int count) throws IOException {
    this.directory = directory;
    int[] free = GroupOfThree.freePorts(count * PORTS);
    for (int i = 0; i < count; i++) {
      places.add(new Place(new int[] {free[3 * i], free[3 * i + 1], free[3 * i + 2]}));
    }
  }

  Path directory(int node) {
    return directory.resolve("node" + node);
  }

  NodeConfig config(int node) throws Exception {
    int[] ports = places.get(node).ports;
    Map<String, String> settings = new HashMap<>();
    settings.put("data.directory", directory(node).toString());
    settings.put("listen.address", "127.0.0.1:" + ports[0]);
    settings.put("cluster.peer-address", peerAddress(node));
    settings.put("cluster.raft-address", "127.0.0.1:" + ports[2]);
    settings.put("cluster.join", "true");
    settings.put("cluster.election-timeout-millis", "500");
    settings.put("storage.segment-bytes", "8m");
    settings.put("storage.reserve-bytes", "1m");
    return NodeConfig.load(Optional.empty(), Map.of(), settings);
  }

  String peerAddress(int node) {
    return "127.0.0.1:" + places.get(node).ports[1];
  }

  String publicAddress(int node) {
    return "127.0.0.1:" + places.get(node).ports[0];
  }

  void start(int... nodes) throws Exception {
    for (int node : nodes) {
      Place place = places.get(node);
      place.node =
          HydrantNode.start(config(node), (what, cause) -> place.faults.add(what + ": " + cause));
    }
  }

  void stop(int node) throws IOException {
    HydrantNode running = places.get(node).node;
    if (running != null) {
      places.get(node).node = null;
      running.close();
    }
  }

  /** Its disk is gone. */
  void wipe(int node) throws IOException {
    stop(node);
    try (var all = Files.walk(directory(node))) {
      for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(each);
      }
    }
  }

  /** What would have stopped its process. */
  List<String> faults(int node) {
    return places.get(node).faults;
  }

  NodeClient client(int node) {
    return places.get(node).client;
  }

  /** Makes one group of these; they lead and serve when it returns. */
  void found(int... nodes) throws Exception {
    start(nodes);
    InitRequest.Builder request = InitRequest.newBuilder().setToken(TOKEN);
    IntStream.of(nodes).mapToObj(this::peerAddress).forEach(request::addPeerAddress);
    cluster(nodes[0]).init(request.build());
    awaitLeader(nodes);
  }

  private ClusterServiceGrpc.ClusterServiceBlockingStub cluster(int node) {
    return ClusterServiceGrpc.newBlockingStub(client(node).channel())
        .withDeadlineAfter(30, TimeUnit.SECONDS);
  }

  Cluster status(int node) {
    return cluster(node).getCluster(GetClusterRequest.getDefaultInstance());
  }

  private ServerInfo info(int node) {
    return client(node).server().getServerInfo(GetServerInfoRequest.getDefaultInstance());
  }

  /** Its name in the group. */
  String name(int node) {
    return status(node).getMembersList().stream()
        .map(member -> member.getMember())
        .filter(member -> member.getPublicAddress().equals(publicAddress(node)))
        .findFirst()
        .orElseThrow()
        .getNode();
  }

  Set<String> voters(int node) {
    return status(node).getMembersList().stream()
        .filter(member -> member.getRole() == MemberRole.MEMBER_ROLE_VOTER)
        .map(member -> member.getMember().getPublicAddress())
        .collect(Collectors.toSet());
  }

  /** Waits until one of these leads, and all of these serve and know it. */
  int awaitLeader(int... among) throws InterruptedException {
    int[] leader = {-1};
    GroupOfThree.await(
        "a leader",
        () -> {
          leader[0] = IntStream.of(among).filter(n -> info(n).getLeader()).findFirst().orElse(-1);
          if (leader[0] < 0) {
            return false;
          }
          String id = info(leader[0]).getLeaderId();
          return !id.isEmpty()
              && IntStream.of(among).allMatch(n -> info(n).getLeaderId().equals(id));
        });
    return leader[0];
  }

  /** Who of these leads just now; the first if nobody does. */
  int leads(int... among) {
    for (int node : among) {
      try {
        if (info(node).getLeader()) {
          return node;
        }
      } catch (StatusRuntimeException e) {
        // Not there.
      }
    }
    return among[0];
  }

  ReplaceMemberResponse replace(int asked, String dead, int with) {
    return cluster(asked)
        .replaceMember(
            ReplaceMemberRequest.newBuilder()
                .setDead(dead)
                .setWithPeerAddress(peerAddress(with))
                .build());
  }

  /** A full checkpoint by whoever of these leads, as soon as one does. */
  long write(TestImage image, long seed, int... nodes) throws InterruptedException {
    long[] written = new long[1];
    GroupOfThree.await(
        "a checkpoint",
        () -> {
          try {
            written[0] = client(leads(nodes)).writeFull(image, seed);
            return true;
          } catch (AssertionError e) {
            return false; // The leader has changed meanwhile.
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    return written[0];
  }

  HydrantNode node(int node) {
    return Objects.requireNonNull(places.get(node).node);
  }

  @Override
  public void close() throws IOException {
    for (int node = 0; node < places.size(); node++) {
      places.get(node).client.close();
      stop(node);
    }
  }
}
