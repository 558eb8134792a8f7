package io.hydrant.cli.demo;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.hydrant.cli.output.Latencies;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;

/**
 * The bare gRPC round trip that fetch latencies are seen against: a bidirectional stream that sends
 * every message back as it came. The server side is a process of its own, as Hydrant's is.
 */
final class Echo {
  private static final long ANSWER_SECONDS_MAX = 10;

  private static final Marshaller<byte[]> BYTES =
      new Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
          return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
          try {
            return stream.readAllBytes();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        }
      };

  private static final MethodDescriptor<byte[], byte[]> METHOD =
      MethodDescriptor.<byte[], byte[]>newBuilder()
          .setType(MethodType.BIDI_STREAMING)
          .setFullMethodName("hydrant.calibration.Echo/Echo")
          .setRequestMarshaller(BYTES)
          .setResponseMarshaller(BYTES)
          .build();

  private Echo() {}

  /** The server process: prints its port, then serves until its standard input closes. */
  public static void main(String[] arguments) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .directExecutor()
            .addService(
                ServerServiceDefinition.builder("hydrant.calibration.Echo")
                    .addMethod(METHOD, ServerCalls.asyncBidiStreamingCall(Echo::sendBack))
                    .build())
            .build()
            .start();
    System.out.println(server.getPort());
    while (System.in.read() >= 0) {
      // Whatever the parent may say, only its silence counts.
    }
    server.shutdownNow();
  }

  private static StreamObserver<byte[]> sendBack(StreamObserver<byte[]> answers) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        answers.onNext(message);
      }

      @Override
      public void onError(Throwable problem) {
        // The client went away; so does the stream.
      }

      @Override
      public void onCompleted() {
        answers.onCompleted();
      }
    };
  }

  /**
   * Round trips of {@code messageBytes}, one in flight; the first half warms up and is not counted.
   */
  static Latencies measure(int port, int messageBytes, int rounds) throws InterruptedException {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().directExecutor().build();
    try {
      SynchronousQueue<Long> answered = new SynchronousQueue<>();
      StreamObserver<byte[]> requests =
          ClientCalls.asyncBidiStreamingCall(
              channel.newCall(METHOD, CallOptions.DEFAULT), answersTo(answered));
      Latencies latencies = new Latencies();
      byte[] message = new byte[messageBytes];
      for (int round = 0; round < rounds; round++) {
        long begin = System.nanoTime();
        requests.onNext(message);
        Long end = answered.poll(ANSWER_SECONDS_MAX, TimeUnit.SECONDS);
        if (end == null) {
          throw new IllegalStateException("the echo server does not answer");
        }
        if (round >= rounds / 2) {
          latencies.add(System.nanoTime() - begin);
        }
      }
      requests.onCompleted();
      return latencies;
    } finally {
      channel.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
    }
  }

  private static StreamObserver<byte[]> answersTo(SynchronousQueue<Long> answered) {
    return new StreamObserver<>() {
      @Override
      public void onNext(byte[] message) {
        try {
          answered.put(System.nanoTime());
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }

      @Override
      public void onError(Throwable problem) {
        // The caller waits with a limit and says so.
      }

      @Override
      public void onCompleted() {
        // Nothing more is expected.
      }
    };
  }
}
