package io.hydrant.node.cluster;

import io.grpc.Status;
import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.v1.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Makes a blank node one of this group, for a replacement: asks who it is, has it promise, then has
 * it keep it. Repeated safely, also by another leader: a node that belongs to the group already is
 * only taken for what it is.
 */
public final class Joining {
  private final HelloRequest self;
  private final ClusterView view;
  private final Replacement replacement;

  /**
   * @param self of a group
   */
  public Joining(HelloRequest self, ClusterView view, Replacement replacement) {
    this.self = self;
    this.view = view;
    this.replacement = replacement;
  }

  /**
   * Begins a replacement or tells how far it is. Waits for the other node's answers.
   *
   * @param dead member that is dead for ever; empty: the group grows by one
   * @param peerAddress of the blank node
   * @throws ReplacementException it cannot be done so; nothing was begun
   */
  public Replacement.Progress replace(Optional<String> dead, String peerAddress)
      throws ReplacementException, InterruptedException {
    Optional<Replacement.Progress> known = replacement.underWay(dead, peerAddress);
    if (known.isPresent()) {
      return known.get();
    }
    try (PeerCalls calls = new PeerCalls()) {
      return replacement.begin(dead, joiner(calls, dead, peerAddress));
    }
  }

  /** Takes out one that joins; it is never let in again. */
  public void cancel(String joiner) throws ReplacementException, InterruptedException {
    try {
      replacement.cancel(joiner).get();
    } catch (ExecutionException e) {
      throw new ReplacementException(
          Reason.REASON_UNKNOWN_OUTCOME,
          "%s may or may not be taken out: %s".formatted(joiner, e.getCause()));
    }
  }

  private MemberAddress joiner(PeerCalls calls, Optional<String> dead, String peerAddress)
      throws ReplacementException, InterruptedException {
    HelloRequest node;
    try {
      node = await(peerAddress, calls.helloIfThere(peerAddress, Introduction.ANONYMOUS)).getSelf();
    } catch (ReplacementException e) {
      // A member that does not answer just now goes on when it does.
      return view.members().stream()
          .map(MemberState::address)
          .filter(member -> member.peerAddress().equals(peerAddress))
          .filter(member -> dead.filter(member.node()::equals).isEmpty())
          .findFirst()
          .orElseThrow(() -> e);
    }
    requireFit(node, peerAddress);
    MemberAddress joiner;
    try {
      joiner = Introduction.address(node);
    } catch (IllegalArgumentException e) {
      throw new ReplacementException(Reason.REASON_INVALID, String.valueOf(e.getMessage()));
    }
    if (node.getCluster().isEmpty()) {
      adopt(calls, peerAddress, request(dead, joiner, false));
      adopt(calls, peerAddress, request(dead, joiner, true));
    }
    return joiner;
  }

  private void requireFit(HelloRequest node, String at) throws ReplacementException {
    if (!Introduction.speaksOurs(node)) {
      throw new ReplacementException(
          Reason.REASON_WRONG_CLUSTER,
          "the node at %s speaks versions %s of the peer protocol, this node %s: upgrade the older one first"
              .formatted(at, Introduction.protocols(node), Introduction.protocols(self)));
    }
    boolean ours =
        node.getCluster().equals(self.getCluster()) && node.getGroup().equals(self.getGroup());
    if (!node.getCluster().isEmpty() && !ours) {
      throw new ReplacementException(
          Reason.REASON_WRONG_CLUSTER,
          "the node at %s belongs to another cluster, or to this one before it was recovered: only a blank node joins. Stop it, empty its data directory, start it with cluster.join=true"
              .formatted(at));
    }
  }

  private AdoptRequest request(Optional<String> dead, MemberAddress joiner, boolean commit) {
    List<MemberAddress> members = new ArrayList<>();
    for (MemberState member : view.members()) {
      if (!dead.equals(Optional.of(member.node())) && members.size() < Adoption.MEMBERS_MAX - 1) {
        members.add(member.address());
      }
    }
    members.add(joiner);
    AdoptRequest.Builder request =
        AdoptRequest.newBuilder()
            .setFrom(self)
            .setCluster(self.getCluster())
            .setGroup(self.getGroup())
            .setToken(Introduction.bytes(token(joiner)))
            .setAsListener(true)
            .setCommit(commit);
    members.forEach(member -> request.addMember(Introduction.message(member)));
    return request.build();
  }

  /** Whether this node may be asked; where else to ask. */
  public void requireLeading() throws NotLeadingException {
    Optional<MemberAddress> leader = view.leader();
    if (!leader.map(MemberAddress::node).equals(Optional.of(view.self()))) {
      throw new NotLeadingException(
          leader.map(MemberAddress::node).orElse(""), leader.map(MemberAddress::publicAddress));
    }
  }

  /** The same whoever leads: another leader goes on with the promise. */
  private UUID token(MemberAddress joiner) {
    return UUID.nameUUIDFromBytes(
        ("hydrant joiner %s of %s"
                .formatted(joiner.node(), Introduction.uuid("group", self.getGroup())))
            .getBytes(StandardCharsets.US_ASCII));
  }

  private static void adopt(PeerCalls calls, String address, AdoptRequest request)
      throws ReplacementException, InterruptedException {
    AdoptResponse answer = await(address, calls.adopt(address, request));
    if (answer.hasRefusal()) {
      throw new ReplacementException(
          answer.getRefusal().getReason(), answer.getRefusal().getMessage());
    }
  }

  private static <T> T await(String address, CompletableFuture<T> answer)
      throws ReplacementException, InterruptedException {
    try {
      return answer.get();
    } catch (ExecutionException e) {
      throw new ReplacementException(
          Reason.REASON_NO_MAJORITY,
          "the node at %s does not answer (%s): start it with an empty data directory, cluster.join=true and this peer address, then repeat the command"
              .formatted(address, Status.fromThrowable(e.getCause()).getCode()));
    }
  }
}
