package io.hydrant.node.cluster;

import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.PeerServiceGrpc;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Small calls to other nodes, by address; each connection is made when it is needed first. */
public final class PeerCalls implements AutoCloseable {
  private static final Duration HELLO_MAX = Duration.ofSeconds(2);

  /** Longer than the other one may take to ask a third. */
  private static final Duration FIRST_HELLO_MAX = Duration.ofSeconds(5);

  /** It writes five small files with their directories, synced. */
  private static final Duration ADOPT_MAX = Duration.ofSeconds(10);

  private static final int CLOSE_SECONDS = 2;

  private final Map<String, ManagedChannel> channels = new ConcurrentHashMap<>();

  /** Fails with a gRPC status if nobody answers in time. */
  CompletableFuture<HelloResponse> hello(String address, HelloRequest request) {
    OneAnswer<HelloResponse> answer = new OneAnswer<>();
    // A connection that was refused a moment ago says nothing: the other one may have come back.
    stub(address, HELLO_MAX).withWaitForReady().hello(request, answer);
    return answer.future;
  }

  /** As {@link #hello}, but fails at once where the first connection is refused. */
  CompletableFuture<HelloResponse> helloIfThere(String address, HelloRequest request) {
    OneAnswer<HelloResponse> answer = new OneAnswer<>();
    stub(address, FIRST_HELLO_MAX).hello(request, answer);
    return answer.future;
  }

  CompletableFuture<AdoptResponse> adopt(String address, AdoptRequest request) {
    OneAnswer<AdoptResponse> answer = new OneAnswer<>();
    stub(address, ADOPT_MAX).withWaitForReady().adopt(request, answer);
    return answer.future;
  }

  private PeerServiceGrpc.PeerServiceStub stub(String address, Duration deadline) {
    ManagedChannel channel = channels.computeIfAbsent(address, PeerCalls::connect);
    channel.resetConnectBackoff();
    return PeerServiceGrpc.newStub(channel)
        .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static ManagedChannel connect(String address) {
    return NettyChannelBuilder.forTarget("dns:///" + address)
        .usePlaintext()
        .directExecutor()
        .build();
  }

  @Override
  public void close() throws InterruptedException {
    channels.values().forEach(ManagedChannel::shutdownNow);
    for (ManagedChannel channel : channels.values()) {
      channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    }
  }

  private static final class OneAnswer<T> implements StreamObserver<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();
    private @Nullable T answer;

    @Override
    public void onNext(T value) {
      answer = value;
    }

    @Override
    public void onError(Throwable failure) {
      future.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      if (answer == null) {
        future.completeExceptionally(new IllegalStateException("no answer came"));
      } else {
        future.complete(answer);
      }
    }
  }
}
