package io.hydrant.node;

import io.hydrant.engine.replica.PeerLife;
import io.hydrant.node.cluster.Doorkeeper;
import io.hydrant.node.peer.Handshake;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.Refusal;
import java.util.Optional;

/** The data plane listens to whom the group listens to. */
record DoorHandshake(Doorkeeper keeper) implements Handshake {
  @Override
  public HelloRequest self() {
    return keeper.self();
  }

  @Override
  public Optional<Refusal> refusal(HelloRequest other) {
    return keeper.refusal(other);
  }

  @Override
  public boolean isAdmitted(PeerLife peer) {
    return keeper.isAdmitted(peer);
  }

  /** Health tells it, from the greetings of the group. */
  @Override
  public void refusedBy(String node, Refusal why) {}
}
