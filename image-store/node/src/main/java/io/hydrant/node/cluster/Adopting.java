package io.hydrant.node.cluster;

import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.v1.Reason;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** What both sides of an adoption need: what a request would make of a node, and the answers. */
final class Adopting {
  private Adopting() {}

  /**
   * The identity that a request gives to a node.
   *
   * @param store the node's own, random
   * @throws IllegalArgumentException malformed, or not for this node; the message says what
   */
  static NodeIdentity identity(AdoptRequest request, HelloRequest self, UUID store) {
    if (!Introduction.speaksOurs(request.getFrom())) {
      throw new IllegalArgumentException(
          "%s speaks versions %s of the peer protocol, this node %s: upgrade the older one first"
              .formatted(
                  request.getFrom().getNode(),
                  Introduction.protocols(request.getFrom()),
                  Introduction.protocols(self)));
    }
    List<MemberAddress> members =
        request.getMemberList().stream().map(Introduction::address).toList();
    if (!members.contains(Introduction.address(self))) {
      throw new IllegalArgumentException(
          "this node is %s, which is not among the members %s: it was emptied or moved meanwhile"
              .formatted(Introduction.address(self), members));
    }
    return new NodeIdentity(
        new StoreIdentity(
            Introduction.uuid("cluster", request.getCluster()),
            Introduction.uuid("group", request.getGroup()),
            store),
        self.getNode(),
        Optional.of(
            new Adoption(
                Introduction.uuid("token", request.getToken()), request.getAsListener(), members)));
  }

  static AdoptResponse accepted(HelloRequest self) {
    return AdoptResponse.newBuilder().setSelf(self).build();
  }

  static AdoptResponse refused(HelloRequest self, Reason reason, String why) {
    return AdoptResponse.newBuilder()
        .setSelf(self)
        .setRefusal(
            Refusal.newBuilder()
                .setReason(reason)
                .setMessage("%s (%s): %s".formatted(self.getNode(), self.getPeerAddress(), why)))
        .build();
  }

  /** The answer of a node that belongs to a group: only a repeat of how it came there fits. */
  static AdoptResponse answer(AdoptRequest request, HelloRequest self, NodeIdentity identity) {
    NodeIdentity asked;
    try {
      asked = identity(request, self, identity.store().store());
    } catch (IllegalArgumentException e) {
      return refused(self, Reason.REASON_WRONG_CLUSTER, String.valueOf(e.getMessage()));
    }
    if (asked.equals(identity)) {
      return accepted(self);
    }
    return refused(
        self,
        Reason.REASON_WRONG_CLUSTER,
        sameToken(asked, identity)
            ? "is initialised already, with other members: one of the others was emptied meanwhile."
                + " Empty all of them, and begin anew"
            : "belongs to cluster " + identity.store().cluster() + " already");
  }

  static boolean sameToken(NodeIdentity one, NodeIdentity other) {
    return one.adoption().map(Adoption::token).equals(other.adoption().map(Adoption::token));
  }
}
