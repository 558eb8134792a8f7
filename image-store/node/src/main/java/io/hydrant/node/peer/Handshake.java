package io.hydrant.node.peer;

import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.Refusal;
import java.util.Optional;

/** Decides who may speak to this node, and who this node is. Called by many threads. */
public interface Handshake {
  /** How this node introduces itself. */
  HelloRequest self();

  /** Why the other one is not to be listened to; empty if it is. */
  Optional<Refusal> refusal(HelloRequest other);

  /** A peer does not listen to this node. */
  void refusedBy(String node, Refusal why);
}
