package io.hydrant.node.peer;

import io.hydrant.engine.replica.PeerLife;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.Refusal;
import io.hydrant.v1.Reason;
import java.util.Optional;

/**
 * Decides who may speak to this node, and who this node is. Answers Hello, which is not the data
 * plane's. Called by many threads.
 */
public interface Handshake {
  /** How this node introduces itself. */
  HelloRequest self();

  /** Why the other one is not to be listened to; empty if it is. */
  Optional<Refusal> refusal(HelloRequest other);

  /** As {@link #refusal(HelloRequest)}, of who answered at a member's address. */
  default Optional<Refusal> refusal(PeerAddress at, HelloRequest other) {
    return other.getNode().equals(at.node())
        ? refusal(other)
        : Optional.of(
            Refusal.newBuilder()
                .setReason(Reason.REASON_WRONG_CLUSTER)
                .setMessage(
                    "'%s' answers where '%s' should be".formatted(other.getNode(), at.node()))
                .build());
  }

  /** Whether a peer introduced itself in this life, and was not refused. */
  boolean isAdmitted(PeerLife peer);

  /**
   * A peer does not listen to this node. Its word alone proves nothing: it may be the one that is
   * wrong here.
   */
  void refusedBy(String node, Refusal why);
}
