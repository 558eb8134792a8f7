package io.hydrant.bench.bare;

import com.google.protobuf.ByteString;
import com.google.protobuf.BytesValue;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The near end of the comparators. Every method sends messages made ahead and returns the
 * nanoseconds that the exchange took.
 */
public final class BareClient implements AutoCloseable {
  private static final int INBOUND_BYTES_MAX = 4 << 20;
  private static final int MESSAGE_PAGES = 256;
  private static final long END_SECONDS = 5;

  private static final CallOptions CALL =
      CallOptions.DEFAULT.withOnReadyThreshold(BareSettings.SEND_QUEUE_BYTES);

  private final ManagedChannel channel;

  public BareClient(int port, BareSettings.Executor executor) {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forAddress("127.0.0.1", port)
            .usePlaintext()
            .flowControlWindow(BareSettings.FLOW_WINDOW_BYTES)
            .maxInboundMessageSize(INBOUND_BYTES_MAX);
    switch (executor) {
      case POOL -> {}
      case DIRECT -> builder.directExecutor();
    }
    channel = builder.build();
  }

  /** True as soon as the server answers. */
  public boolean answers() {
    try {
      unaryEcho(BytesValue.getDefaultInstance());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  public long unaryEcho(BytesValue message) {
    long begin = System.nanoTime();
    ClientCalls.blockingUnaryCall(channel, BareMethods.UNARY_ECHO, CallOptions.DEFAULT, message);
    return System.nanoTime() - begin;
  }

  /** A long-lived echo stream. */
  public EchoStream echoStream() {
    return new EchoStream(channel);
  }

  /** A long-lived stream of checkpoints. */
  public CheckpointStream checkpointStream() {
    return new CheckpointStream(channel);
  }

  /** Sends messages in turn until {@code count} are sent; the far end drops them. */
  public long discard(List<WriteCheckpointRequest> messages, long count)
      throws InterruptedException, ExecutionException {
    return send(BareMethods.DISCARD, messages, count);
  }

  /** Sends messages in turn until {@code count} are sent; the far end writes and syncs them. */
  public long sink(List<WriteCheckpointRequest> messages, long count)
      throws InterruptedException, ExecutionException {
    return send(BareMethods.SINK, messages, count);
  }

  private long send(
      MethodDescriptor<WriteCheckpointRequest, WriteCheckpointResponse> method,
      List<WriteCheckpointRequest> messages,
      long count)
      throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    SendingObserver<WriteCheckpointRequest, WriteCheckpointResponse> call =
        new SendingObserver<>(answer -> {}, cause -> {});
    ClientCalls.asyncClientStreamingCall(channel.newCall(method, CALL), call);
    for (long sent = 0; sent < count; sent++) {
      call.send(messages.get((int) (sent % messages.size())));
    }
    call.end();
    return System.nanoTime() - begin;
  }

  /**
   * Receives a stream of pages in messages of 1 MiB.
   *
   * @param pages a multiple of 256
   */
  public long stream(long pages) throws InterruptedException, ExecutionException {
    return stream(pages, _ -> {});
  }

  /**
   * As the other one, and hands out the content of each message, on the network's thread.
   *
   * @param pages a multiple of 256
   */
  public long stream(long pages, Consumer<ByteString> sink)
      throws InterruptedException, ExecutionException {
    if (pages % MESSAGE_PAGES != 0) {
      throw new IllegalArgumentException("pages must be a multiple of " + MESSAGE_PAGES);
    }
    PrefetchRequest request =
        PrefetchRequest.newBuilder().addRange(PageRange.newBuilder().setPageCount(pages)).build();
    PageCounter counter = new PageCounter(sink);
    long begin = System.nanoTime();
    ClientCalls.asyncServerStreamingCall(
        channel.newCall(BareMethods.STREAM, CallOptions.DEFAULT), request, counter);
    long received = counter.await();
    long elapsed = System.nanoTime() - begin;
    if (received != pages) {
      throw new IllegalStateException("received " + received + " pages of " + pages);
    }
    return elapsed;
  }

  /**
   * Sends requests in turn until {@code count} are sent, {@code inFlight} at a time, the next one
   * as soon as an answer is there.
   */
  public long fetch(List<FetchRequest> requests, int count, int inFlight)
      throws InterruptedException, ExecutionException {
    FetchWindow window = new FetchWindow(requests, count);
    SendingObserver<FetchRequest, FetchResponse> call = new SendingObserver<>(window, window::fail);
    ClientCalls.asyncBidiStreamingCall(channel.newCall(BareMethods.FETCH, CALL), call);
    long begin = System.nanoTime();
    window.fill(call, inFlight);
    window.await();
    long elapsed = System.nanoTime() - begin;
    call.end();
    return elapsed;
  }

  /** A message of so many bytes that are not zero. */
  public static BytesValue echoMessage(int bytes) {
    byte[] content = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      content[i] = (byte) (i * 31 + 7);
    }
    return BytesValue.of(ByteString.copyFrom(content));
  }

  @Override
  public void close() throws InterruptedException {
    channel.shutdownNow();
    channel.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
  }

  private static final class PageCounter implements StreamObserver<Pages> {
    private final CompletableFuture<Long> end = new CompletableFuture<>();
    private final Consumer<ByteString> sink;
    private long pages;

    PageCounter(Consumer<ByteString> sink) {
      this.sink = sink;
    }

    @Override
    public void onNext(Pages message) {
      sink.accept(message.getData());
      pages += message.getPageCount();
    }

    @Override
    public void onError(Throwable cause) {
      end.completeExceptionally(cause);
    }

    @Override
    public void onCompleted() {
      end.complete(pages);
    }

    long await() throws InterruptedException, ExecutionException {
      return end.get();
    }
  }
}
