package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.RestoreServiceGrpc;
import java.nio.ByteBuffer;
import java.util.Iterator;
import org.junit.jupiter.api.Test;

/**
 * Guards what the read path relies on: when {@code onNext} returns, gRPC has copied the message, so
 * that the buffer it refers to may be used again.
 */
final class ReusedBufferTest {
  private static final int MESSAGES = 64;
  private static final int BYTES = 1 << 20;

  @Test
  void aBufferMayBeUsedAgainWhenOnNextReturns() throws Exception {
    Server server = NettyServerBuilder.forPort(0).addService(new OneBuffer()).build().start();
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", server.getPort()).usePlaintext().build();
    try {
      Iterator<Pages> parts =
          RestoreServiceGrpc.newBlockingStub(channel)
              .prefetch(PrefetchRequest.getDefaultInstance());
      for (int number = 0; number < MESSAGES; number++) {
        ByteString data = parts.next().getData();
        assertEquals(BYTES, data.size());
        for (int i = 0; i < BYTES; i += 509) {
          assertEquals((byte) number, data.byteAt(i), "message " + number + " byte " + i);
        }
      }
    } finally {
      channel.shutdownNow();
      server.shutdownNow();
    }
  }

  /** Sends everything from one buffer, overwritten as soon as onNext has returned. */
  private static final class OneBuffer extends RestoreServiceGrpc.RestoreServiceImplBase {
    @Override
    public void prefetch(PrefetchRequest request, StreamObserver<Pages> observer) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
      for (int number = 0; number < MESSAGES; number++) {
        buffer.clear();
        while (buffer.hasRemaining()) {
          buffer.put((byte) number);
        }
        buffer.flip();
        observer.onNext(
            Pages.newBuilder().setData(UnsafeByteOperations.unsafeWrap(buffer)).build());
      }
      observer.onCompleted();
    }
  }
}
