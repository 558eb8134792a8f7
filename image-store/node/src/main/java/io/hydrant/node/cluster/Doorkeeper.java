package io.hydrant.node.cluster;

import io.hydrant.engine.replica.PeerLife;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.v1.Reason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Decides which other nodes this one listens to: those of the same group, in one life at a time,
 * with a common version of the protocol. No I/O: whether an earlier life still answers is found out
 * by the caller.
 *
 * <p>A copied data directory would vote twice under one name. The copy is told by an answer from
 * where the original is known to be.
 */
public final class Doorkeeper {
  private final HelloRequest self;
  private final Function<String, Optional<MemberAddress>> members;

  /** Those that are about to become members, while this node sees to it. */
  private volatile Function<String, Optional<MemberAddress>> joiners = _ -> Optional.empty();

  /** Last introduction of each node that was let in. Guarded by this. */
  private final Map<String, HelloRequest> admitted = new HashMap<>();

  /**
   * @param self of a group
   * @param members by name, as this replica's log has them
   */
  public Doorkeeper(HelloRequest self, Function<String, Optional<MemberAddress>> members) {
    this.self = self;
    this.members = members;
  }

  /**
   * From now on it listens to these as well; they fetch state from here before the log lists them.
   */
  public void expect(Function<String, Optional<MemberAddress>> others) {
    joiners = others;
  }

  private Optional<MemberAddress> known(String node) {
    return members.apply(node).or(() -> joiners.apply(node));
  }

  /** How this node introduces itself. */
  public HelloRequest self() {
    return self;
  }

  /** Why the other one is not listened to, as far as can be said without asking anybody. */
  public Optional<Refusal> refusal(HelloRequest other) {
    if (!Introduction.speaksOurs(other)) {
      return refused(
          Reason.REASON_WRONG_CLUSTER,
          "'%s' speaks versions %s of the peer protocol, this node %s: upgrade the older one first"
              .formatted(
                  other.getNode(), Introduction.protocols(other), Introduction.protocols(self)));
    }
    if (other.getCluster().isEmpty()) {
      return refused(
          Reason.REASON_NOT_INITIALISED,
          "'%s' is blank and belongs to no cluster".formatted(other.getNode()));
    }
    if (!other.getCluster().equals(self.getCluster())) {
      return refused(
          Reason.REASON_WRONG_CLUSTER,
          "'%s' belongs to another cluster: check its addresses and its data directory"
              .formatted(other.getNode()));
    }
    if (!other.getGroup().equals(self.getGroup())) {
      return refused(
          Reason.REASON_WRONG_CLUSTER,
          "'%s' belongs to another group of the cluster, or to it before it was recovered: check its data directory"
              .formatted(other.getNode()));
    }
    if (other.getNode().equals(self.getNode()) && other.getLife() != self.getLife()) {
      return Optional.of(copy(other, self));
    }
    if (known(other.getNode()).isEmpty()) {
      return refused(
          Reason.REASON_WRONG_CLUSTER,
          "'%s' is no member of the group: it was removed, or never belonged to it. Empty its data directory to let it join anew"
              .formatted(other.getNode()));
    }
    return Optional.empty();
  }

  /**
   * Where another life of the same node may still run: to be asked before it is let in.
   *
   * @param other not refused
   */
  public synchronized List<String> suspects(HelloRequest other) {
    List<String> addresses = new ArrayList<>();
    HelloRequest earlier = admitted.get(other.getNode());
    if (earlier != null && earlier.getLife() != other.getLife()) {
      addresses.add(earlier.getPeerAddress());
    }
    known(other.getNode())
        .map(MemberAddress::peerAddress)
        .filter(address -> !address.equals(other.getPeerAddress()))
        .filter(address -> !addresses.contains(address))
        .ifPresent(addresses::add);
    return addresses;
  }

  /**
   * @param answer of whoever is where an earlier life was
   */
  public Optional<Refusal> refusal(HelloRequest other, HelloRequest answer) {
    return answer.getNode().equals(other.getNode())
            && answer.getCluster().equals(other.getCluster())
            && answer.getLife() != other.getLife()
        ? Optional.of(copy(other, answer))
        : Optional.empty();
  }

  /** Whether a node was let in, in this life of it. */
  public synchronized boolean isAdmitted(PeerLife peer) {
    HelloRequest last = admitted.get(peer.node());
    return last != null && last.getLife() == peer.life();
  }

  public synchronized void admit(HelloRequest other) {
    admitted.put(other.getNode(), other);
  }

  private Refusal copy(HelloRequest other, HelloRequest original) {
    return Refusal.newBuilder()
        .setReason(Reason.REASON_NAME_TAKEN)
        .setMessage(
            "%s: '%s' runs already, at %s: the data directory of the one at %s is a copy. Stop it, and never start a copy of a member"
                .formatted(
                    self.getNode(),
                    other.getNode(),
                    original.getPeerAddress(),
                    other.getPeerAddress()))
        .build();
  }

  private Optional<Refusal> refused(Reason reason, String why) {
    return Optional.of(
        Refusal.newBuilder().setReason(reason).setMessage(self.getNode() + ": " + why).build());
  }
}
