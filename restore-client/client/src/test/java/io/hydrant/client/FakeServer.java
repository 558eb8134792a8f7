package io.hydrant.client;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The fake services behind a real gRPC server: in this process, or on a loopback socket. */
final class FakeServer implements AutoCloseable {
  static final Deadlines QUICK =
      new Deadlines(
          Duration.ofSeconds(3),
          Duration.ofSeconds(5),
          Duration.ofSeconds(3),
          Duration.ofSeconds(3));

  final FakeStore store;
  final Faults faults = new Faults();
  private final @Nullable String inProcessName;
  private final Server server;
  private final int port;

  private FakeServer(FakeStore store, @Nullable String inProcessName, ServerBuilder<?> builder) {
    this.store = store;
    this.inProcessName = inProcessName;
    try {
      this.server =
          builder
              .maxInboundMessageSize(4 << 20)
              .addService(new FakeCheckpointService(store, faults))
              .addService(new FakeImageService(store, faults))
              .addService(new FakeRestoreService(store, faults))
              .addService(new FakeServerService(faults))
              .build()
              .start();
      this.port = server.getPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static FakeServer inProcess() {
    String name = UUID.randomUUID().toString();
    return new FakeServer(
        new FakeStore(), name, InProcessServerBuilder.forName(name).directExecutor());
  }

  static FakeServer onLoopback() {
    return onLoopback(new FakeStore(), 0);
  }

  static FakeServer onLoopback(FakeStore store, int port) {
    InetSocketAddress address = new InetSocketAddress("127.0.0.1", port);
    return new FakeServer(store, null, NettyServerBuilder.forAddress(address));
  }

  int port() {
    return port;
  }

  ClientConfig config() {
    return ClientConfig.of("127.0.0.1:" + (inProcessName == null ? port : 1)).withDeadlines(QUICK);
  }

  HydrantClient client() {
    return client(config());
  }

  HydrantClient client(ClientConfig config) {
    if (inProcessName == null) {
      return HydrantClient.connect(config);
    }
    return new HydrantClient(new Connections(config, channel(), channel()));
  }

  private ManagedChannel channel() {
    if (inProcessName == null) {
      throw new IllegalStateException("not in this process");
    }
    return InProcessChannelBuilder.forName(inProcessName).directExecutor().build();
  }

  /** As a SIGKILL would: connections break, no goodbye. */
  @Override
  public void close() {
    server.shutdownNow();
    try {
      server.awaitTermination();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
