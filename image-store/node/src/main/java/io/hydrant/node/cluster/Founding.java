package io.hydrant.node.cluster;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.v1.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/**
 * Makes one group of blank nodes: asks who they are, has all of them promise, then has all of them
 * keep it, the node itself last. Cut off at any point, the same token goes on where it stopped;
 * cluster and group are named after it. Nobody keeps a promise before all have given it, so a node
 * that lost its own makes the rest refuse.
 */
public final class Founding {
  private final Supplier<HelloRequest> self;

  public Founding(Supplier<HelloRequest> self) {
    this.self = self;
  }

  /** A group that was made. */
  public record Founded(UUID cluster, UUID group, List<MemberAddress> members) {}

  /**
   * Waits for the other nodes' answers.
   *
   * @param addresses peer addresses of all nodes, this one among them
   * @throws FoundingException not done, or only half
   */
  public Founded found(List<String> addresses, UUID token)
      throws FoundingException, InterruptedException {
    requireFit(addresses);
    // New connections: what was refused an earlier time says nothing.
    try (PeerCalls calls = new PeerCalls()) {
      return found(addresses, token, calls);
    }
  }

  private Founded found(List<String> addresses, UUID token, PeerCalls calls)
      throws FoundingException, InterruptedException {
    UUID cluster = name("cluster", token);
    UUID group = name("group", token);
    Map<String, HelloRequest> nodes = greet(addresses, cluster, calls);
    List<MemberAddress> members =
        nodes.values().stream()
            .map(Introduction::address)
            .sorted(Comparator.comparing(MemberAddress::node))
            .toList();
    AdoptRequest.Builder request =
        AdoptRequest.newBuilder()
            .setFrom(self.get())
            .setCluster(Introduction.bytes(cluster))
            .setGroup(Introduction.bytes(group))
            .setToken(Introduction.bytes(token));
    members.forEach(member -> request.addMember(Introduction.message(member)));
    for (String address : order(nodes)) {
      adopt(calls, address, request.setCommit(false).build());
    }
    for (String address : order(nodes)) {
      adopt(calls, address, request.setCommit(true).build());
    }
    return new Founded(cluster, group, members);
  }

  private void requireFit(List<String> addresses) throws FoundingException {
    if (addresses.isEmpty() || addresses.size() > Adoption.MEMBERS_MAX) {
      throw new FoundingException(
          Reason.REASON_INVALID,
          "a group has 1 to %d nodes, not %d".formatted(Adoption.MEMBERS_MAX, addresses.size()));
    }
    if (new HashSet<>(addresses).size() < addresses.size()) {
      throw new FoundingException(
          Reason.REASON_INVALID, "a node is named twice: " + String.join(", ", addresses));
    }
  }

  private Map<String, HelloRequest> greet(List<String> addresses, UUID cluster, PeerCalls calls)
      throws FoundingException, InterruptedException {
    Map<String, CompletableFuture<HelloResponse>> answers = new LinkedHashMap<>();
    for (String address : addresses) {
      answers.put(address, calls.helloIfThere(address, Introduction.ANONYMOUS));
    }
    Map<String, HelloRequest> nodes = new LinkedHashMap<>();
    Map<String, String> byName = new LinkedHashMap<>();
    for (Map.Entry<String, CompletableFuture<HelloResponse>> each : answers.entrySet()) {
      HelloRequest node = await(each.getKey(), each.getValue()).getSelf();
      String at = "the node at " + each.getKey();
      ByteString ours = Introduction.bytes(cluster);
      if (!Introduction.speaksOurs(node)) {
        throw new FoundingException(
            Reason.REASON_WRONG_CLUSTER,
            "%s speaks versions %s of the peer protocol, this node %s: upgrade the older one first"
                .formatted(at, Introduction.protocols(node), Introduction.protocols(self.get())));
      }
      if (!node.getCluster().isEmpty() && !node.getCluster().equals(ours)) {
        throw new FoundingException(
            Reason.REASON_WRONG_CLUSTER,
            at
                + " belongs to cluster "
                + Introduction.uuid("cluster", node.getCluster())
                + " already; only blank nodes that were started with cluster.join=true are taken");
      }
      String twin = byName.put(node.getNode(), each.getKey());
      if (twin != null) {
        throw new FoundingException(
            Reason.REASON_INVALID, each.getKey() + " and " + twin + " are the same node");
      }
      nodes.put(each.getKey(), node);
    }
    if (!byName.containsKey(self.get().getNode())) {
      throw new FoundingException(
          Reason.REASON_INVALID,
          "this node, %s, is not among the ones named: ask one of them"
              .formatted(self.get().getPeerAddress()));
    }
    return nodes;
  }

  /** Those that belong to the group already first: they know whether it is the same. Self last. */
  private List<String> order(Map<String, HelloRequest> nodes) {
    return nodes.entrySet().stream()
        .sorted(Comparator.comparingInt(each -> rank(each.getValue())))
        .map(Map.Entry::getKey)
        .toList();
  }

  private int rank(HelloRequest node) {
    if (!node.getCluster().isEmpty()) {
      return 0;
    }
    return node.getNode().equals(self.get().getNode()) ? 2 : 1;
  }

  private static void adopt(PeerCalls calls, String address, AdoptRequest request)
      throws FoundingException, InterruptedException {
    AdoptResponse answer = await(address, calls.adopt(address, request));
    if (answer.hasRefusal()) {
      throw new FoundingException(
          answer.getRefusal().getReason(), answer.getRefusal().getMessage());
    }
  }

  private static <T> T await(String address, CompletableFuture<T> answer)
      throws FoundingException, InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw new FoundingException(
          Reason.REASON_NO_MAJORITY,
          "the node at %s does not answer (%s): start it with cluster.join=true and this peer address, then repeat with the same token"
              .formatted(address, Status.fromThrowable(e.getCause()).getCode()));
    }
  }

  private static UUID name(String what, UUID token) {
    return UUID.nameUUIDFromBytes(
        ("hydrant " + what + " " + token).getBytes(StandardCharsets.US_ASCII));
  }
}
