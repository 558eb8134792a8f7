package io.hydrant.node;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.hydrant.node.api.CallExecutors;
import io.hydrant.node.config.ListenConfig;
import io.hydrant.node.ingest.CheckpointService;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/** The gRPC server: its transport's bounds, health and reflection. */
final class GrpcEndpoint implements AutoCloseable {
  /**
   * Bytes of a stream, and of a connection, that may be under way: several batches, so that a
   * message is complete when the last one has been staged. Held outside the heap.
   */
  private static final int FLOW_WINDOW_BYTES = 4 << 20;

  /**
   * Where gRPC itself ends a call for a message that is too large, which a stream only sees as
   * "cancelled". Twice the limit of the API, so that most who exceed that one get a clear answer.
   */
  private static final int MESSAGE_BYTES_MAX = 2 * CheckpointService.MESSAGE_BYTES_MAX;

  /**
   * A peer that vanished without a word is found out within a minute; its stream then counts as
   * broken.
   */
  private static final int KEEP_ALIVE_SECONDS = 30;

  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 20;
  private static final int CLIENT_KEEP_ALIVE_SECONDS_MIN = 5;

  /** For calls to end by themselves at a close. */
  private static final int DRAIN_SECONDS = 3;

  private final Server server;
  private final HealthStatusManager health;

  private GrpcEndpoint(Server server, HealthStatusManager health) {
    this.server = server;
    this.health = health;
  }

  /**
   * Binds and serves.
   *
   * @throws IOException if the address cannot be bound; the message names it
   */
  static GrpcEndpoint start(ListenConfig listen, CallExecutors executors, ServiceSwitch services)
      throws IOException {
    HealthStatusManager health = new HealthStatusManager();
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(listen.address(), listen.port()))
            .executor(executors.api())
            .callExecutor(executors)
            .maxInboundMessageSize(MESSAGE_BYTES_MAX)
            .maxConcurrentCallsPerConnection(NodeLimits.CALLS_PER_CONNECTION_MAX)
            .flowControlWindow(FLOW_WINDOW_BYTES)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(CLIENT_KEEP_ALIVE_SECONDS_MIN, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance())
            .fallbackHandlerRegistry(services);
    Server server = builder.build();
    try {
      server.start();
    } catch (IOException e) {
      throw new IOException(
          "cannot listen on %s port %d (%s): another process may use it; stop that one, or choose another with --listen (listen.address)"
              .formatted(listen.host(), listen.port(), rootMessage(e)),
          e);
    }
    return new GrpcEndpoint(server, health);
  }

  static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return String.valueOf(root.getMessage());
  }

  int port() {
    return server.getPort();
  }

  /** Tells health checks that the end is near, and takes no more calls. */
  void drain() {
    if (!server.isShutdown()) {
      health.enterTerminalState();
      server.shutdown();
    }
  }

  @Override
  public void close() throws InterruptedException {
    drain();
    if (!server.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS)) {
      server.shutdownNow();
      server.awaitTermination(DRAIN_SECONDS, TimeUnit.SECONDS);
    }
  }
}
