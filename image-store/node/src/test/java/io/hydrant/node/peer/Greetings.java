package io.hydrant.node.peer;

import io.grpc.ServerCallHandler;
import io.grpc.stub.ServerCalls;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.v1.Reason;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Predicate;

/**
 * The handshake of a node that belongs to a group: same cluster, same group, a member, a language.
 */
final class Greetings implements Handshake {
  private final HelloRequest self;
  private final Set<PeerLife> admitted = ConcurrentHashMap.newKeySet();
  private final Predicate<String> isMember;
  private final BiConsumer<String, Refusal> refused;

  /**
   * @param isMember whether a node is a member by this replica's configuration
   * @param refused hears which peer refused this node, and why
   */
  Greetings(HelloRequest self, Predicate<String> isMember, BiConsumer<String, Refusal> refused) {
    this.self = self;
    this.isMember = isMember;
    this.refused = refused;
  }

  @Override
  public HelloRequest self() {
    return self;
  }

  @Override
  public Optional<Refusal> refusal(HelloRequest other) {
    if (!other.getCluster().equals(self.getCluster())) {
      return refuse(other, "belongs to another cluster: correct its seeds or its data directory");
    }
    if (!other.getGroup().equals(self.getGroup())) {
      return refuse(other, "belongs to another group: correct its data directory");
    }
    if (other.getNode().equals(self.getNode())) {
      return refuse(other, "has this node's own name: its data directory is a copy of this one's");
    }
    if (!isMember.test(other.getNode())) {
      return refuse(other, "is no member: it was removed, or never joined");
    }
    if (other.getProtocolMin() > self.getProtocolMax()
        || other.getProtocolMax() < self.getProtocolMin()) {
      return refuse(
          other,
          "speaks protocol %d..%d, this node %d..%d: upgrade the older one first"
              .formatted(
                  other.getProtocolMin(),
                  other.getProtocolMax(),
                  self.getProtocolMin(),
                  self.getProtocolMax()));
    }
    return Optional.empty();
  }

  private Optional<Refusal> refuse(HelloRequest other, String why) {
    return Optional.of(
        Refusal.newBuilder()
            .setReason(Reason.REASON_WRONG_CLUSTER)
            .setMessage("%s: node '%s' %s".formatted(self.getNode(), other.getNode(), why))
            .build());
  }

  @Override
  public void refusedBy(String node, Refusal why) {
    refused.accept(node, why);
  }

  @Override
  public boolean isAdmitted(PeerLife peer) {
    return admitted.contains(peer);
  }

  /** The method of the peer service that is not the data plane's. */
  ServerCallHandler<HelloRequest, HelloResponse> hello() {
    return ServerCalls.asyncUnaryCall((request, observer) -> {
      HelloResponse.Builder response = HelloResponse.newBuilder();
      refusal(request)
          .ifPresentOrElse(
              response::setRefusal,
              () -> {
                admitted.removeIf(peer -> peer.node().equals(request.getNode()));
                admitted.add(new PeerLife(request.getNode(), request.getLife()));
                response.setSelf(self);
              });
      observer.onNext(response.build());
      observer.onCompleted();
    });
  }
}
