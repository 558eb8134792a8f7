package io.hydrant.node.peer;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.Refusal;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A connection to another member for what is large and not urgent, apart from the one that carries
 * staged frames, so that neither waits for the other's window. Greets before anything else.
 */
final class PeerConnection implements AutoCloseable {
  private static final long HELLO_MILLIS_MAX = 2_000;

  /** A source that has stopped is left after about as long. */
  private static final int KEEP_ALIVE_SECONDS = 5;

  private final ManagedChannel channel;

  private PeerConnection(ManagedChannel channel) {
    this.channel = channel;
  }

  /** Not connected yet. */
  static PeerConnection to(PeerAddress address, HelloRequest self) {
    return new PeerConnection(
        NettyChannelBuilder.forAddress(address.host(), address.port())
            .usePlaintext()
            .directExecutor()
            .intercept(CallIdentity.naming(new PeerLife(self.getNode(), self.getLife())))
            .maxInboundMessageSize(PeerMethods.MESSAGE_BYTES_MAX)
            .flowControlWindow(PeerPlane.FLOW_WINDOW_BYTES)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .build());
  }

  /**
   * Says Hello; blocks.
   *
   * @throws IOException if nobody answers, or the two do not belong together: the message says why
   */
  void greet(PeerAddress address, Handshake handshake) throws IOException {
    HelloResponse answer;
    try {
      answer =
          PeerServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(HELLO_MILLIS_MAX, TimeUnit.MILLISECONDS)
              .hello(handshake.self());
    } catch (StatusRuntimeException e) {
      throw new IOException(address.node() + " does not answer: " + e.getStatus(), e);
    }
    if (answer.hasRefusal()) {
      throw new IOException(
          address.node() + " refuses this node: " + answer.getRefusal().getMessage());
    }
    Optional<Refusal> refused = handshake.refusal(address, answer.getSelf());
    if (refused.isPresent()) {
      throw new IOException(address.node() + ": " + refused.get().getMessage());
    }
  }

  ManagedChannel channel() {
    return channel;
  }

  /** Ends all calls; any thread; does not wait. */
  @Override
  public void close() {
    channel.shutdownNow();
  }
}
