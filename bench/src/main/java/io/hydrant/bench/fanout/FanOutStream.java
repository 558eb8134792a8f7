package io.hydrant.bench.fanout;

import com.google.protobuf.UInt64Value;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.SendingObserver;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The protector's end of a fan-out call. For one thread. */
public final class FanOutStream implements AutoCloseable {
  private final SendingObserver<WriteCheckpointRequest, UInt64Value> call =
      new SendingObserver<>(answer -> durable(answer.getValue()), this::fail);
  private final Deque<Unanswered> unanswered = new ArrayDeque<>();
  private long sentBytes;
  private long durableBytes;
  private @Nullable Throwable failure;

  /**
   * Something that was sent, or is being sent.
   *
   * @param bytes of the call up to its end
   */
  private record Unanswered(long bytes, CompletableFuture<Long> answered) {}

  FanOutStream(Channel channel) {
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(
            FanOutMethods.FAN_OUT,
            CallOptions.DEFAULT.withOnReadyThreshold(BareSettings.SEND_QUEUE_BYTES)),
        call);
  }

  /**
   * Sends messages; waits while the network takes no more, never for the answer.
   *
   * @return when a majority had all of them, on the clock of {@link System#nanoTime}
   */
  public CompletableFuture<Long> send(List<WriteCheckpointRequest> messages)
      throws InterruptedException, ExecutionException {
    return send(messages, messages.size());
  }

  /**
   * Sends messages in turn until {@code count} are sent; nanoseconds until a majority has the last.
   */
  public long write(List<WriteCheckpointRequest> messages, long count)
      throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    send(messages, count).get();
    return System.nanoTime() - begin;
  }

  private CompletableFuture<Long> send(List<WriteCheckpointRequest> messages, long count)
      throws InterruptedException, ExecutionException {
    long bytes = 0;
    for (long i = 0; i < count; i++) {
      bytes += FanOutMethods.kept(inTurn(messages, i)).size();
    }
    // Before the first is sent: the answer to the last may be there when sending it returns.
    CompletableFuture<Long> answered = expect(bytes);
    for (long i = 0; i < count; i++) {
      call.send(inTurn(messages, i));
    }
    return answered;
  }

  private static WriteCheckpointRequest inTurn(List<WriteCheckpointRequest> messages, long number) {
    return messages.get((int) (number % messages.size()));
  }

  private synchronized CompletableFuture<Long> expect(long bytes) {
    sentBytes += bytes;
    CompletableFuture<Long> answered = new CompletableFuture<>();
    unanswered.add(new Unanswered(sentBytes, answered));
    settle();
    return answered;
  }

  private synchronized void durable(long bytes) {
    durableBytes = bytes;
    settle();
  }

  private synchronized void fail(Throwable cause) {
    failure = cause;
    settle();
  }

  private synchronized void settle() {
    while (!unanswered.isEmpty() && unanswered.getFirst().bytes() <= durableBytes) {
      unanswered.removeFirst().answered().complete(System.nanoTime());
    }
    if (failure != null) {
      IllegalStateException early =
          new IllegalStateException("the fan-out ended before its time", failure);
      unanswered.forEach(each -> each.answered().completeExceptionally(early));
      unanswered.clear();
    }
  }

  /** Waits until every replica has everything. */
  @Override
  public void close() throws InterruptedException, ExecutionException {
    call.end();
  }
}
