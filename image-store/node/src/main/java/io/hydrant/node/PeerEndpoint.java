package io.hydrant.node;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.hydrant.node.config.HostPort;
import io.hydrant.node.peer.PeerPlane;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/** The gRPC server for the other nodes. */
final class PeerEndpoint implements AutoCloseable {
  private static final int KEEP_ALIVE_SECONDS = 5;
  private static final int CLOSE_SECONDS = 2;

  private final Server server;

  private PeerEndpoint(Server server) {
    this.server = server;
  }

  /**
   * Binds and serves.
   *
   * @throws IOException if the address cannot be bound; the message names it
   */
  static PeerEndpoint start(HostPort address, ServiceSwitch services, Executor executor)
      throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress(address.address(), address.port()))
            .executor(executor)
            .callExecutor(new PeerCallExecutors())
            .maxInboundMessageSize(PeerPlane.MESSAGE_BYTES_MAX)
            .flowControlWindow(PeerPlane.FLOW_WINDOW_BYTES)
            .permitKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .fallbackHandlerRegistry(services)
            .build();
    try {
      server.start();
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on %s for the other nodes (%s): another process may use it; stop that one, or choose another with cluster.peer-address"
              .formatted(address, GrpcEndpoint.rootMessage(e)),
          e);
    }
    return new PeerEndpoint(server);
  }

  @Override
  public void close() throws InterruptedException {
    server.shutdownNow();
    server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
