package io.hydrant.bench.fanout;

import static io.grpc.stub.ServerCalls.asyncBidiStreamingCall;

import com.google.protobuf.UInt64Value;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.RecycledFile;
import io.hydrant.v1.WriteCheckpointRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One of the three processes: appends what it is sent to a recycled file, and, asked to fan out,
 * sends it on to its peers first. Calls are one at a time.
 */
public final class FanOutServer implements AutoCloseable {
  private static final int INBOUND_BYTES_MAX = 4 << 20;

  private final RecycledFile file;
  private final Server server;
  private final List<ManagedChannel> peers = new ArrayList<>();

  /**
   * @param port on loopback
   * @param peerPorts of those that it fans out to
   */
  FanOutServer(int port, Path path, long fileBytes, List<Integer> peerPorts) throws IOException {
    file = RecycledFile.open(path, fileBytes);
    for (int peer : peerPorts) {
      peers.add(channel(peer));
    }
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .flowControlWindow(BareSettings.FLOW_WINDOW_BYTES)
            .maxInboundMessageSize(INBOUND_BYTES_MAX)
            .addService(
                ServerServiceDefinition.builder(FanOutMethods.SERVICE)
                    .addMethod(FanOutMethods.APPEND, asyncBidiStreamingCall(this::append))
                    .addMethod(FanOutMethods.FAN_OUT, asyncBidiStreamingCall(this::fanOut))
                    .build())
            .build()
            .start();
  }

  static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port)
        .usePlaintext()
        .flowControlWindow(BareSettings.FLOW_WINDOW_BYTES)
        .maxInboundMessageSize(INBOUND_BYTES_MAX)
        .build();
  }

  int port() {
    return server.getPort();
  }

  private StreamObserver<WriteCheckpointRequest> append(StreamObserver<UInt64Value> answers) {
    GroupAppender appender =
        new GroupAppender(
            file, bytes -> answers.onNext(UInt64Value.of(bytes)), answers::onCompleted);
    ((ServerCallStreamObserver<UInt64Value>) answers).setOnCancelHandler(() -> {});
    return new StreamObserver<>() {
      @Override
      public void onNext(WriteCheckpointRequest message) {
        appender.append(FanOutMethods.kept(message));
      }

      @Override
      public void onError(Throwable cause) {
        appender.end();
      }

      @Override
      public void onCompleted() {
        appender.end();
      }
    };
  }

  private StreamObserver<WriteCheckpointRequest> fanOut(StreamObserver<UInt64Value> answers) {
    ((ServerCallStreamObserver<UInt64Value>) answers).setOnCancelHandler(() -> {});
    return new FanOutCall(file, peers, answers);
  }

  @Override
  public void close() throws IOException {
    server.shutdownNow();
    peers.forEach(ManagedChannel::shutdownNow);
    file.close();
  }

  /** Arguments: port, file, its bytes, ports of peers. Serves until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    List<Integer> peers = Arrays.stream(arguments).skip(3).map(Integer::valueOf).toList();
    FanOutServer started =
        new FanOutServer(
            Integer.parseInt(arguments[0]),
            Path.of(arguments[1]),
            Long.parseLong(arguments[2]),
            peers);
    System.out.println("fan-out server on port " + started.port());
    started.server.awaitTermination();
  }
}
