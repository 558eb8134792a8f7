package io.hydrant.bench.fanout;

import com.google.protobuf.UInt64Value;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.SendingObserver;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** The protector's end of a fan-out call. For one thread. */
public final class FanOutStream implements AutoCloseable {
  private final SendingObserver<WriteCheckpointRequest, UInt64Value> call =
      new SendingObserver<>(answer -> durable(answer.getValue()), this::fail);
  private long sent;
  private long durable;
  private @Nullable Throwable failure;

  FanOutStream(Channel channel) {
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(
            FanOutMethods.FAN_OUT,
            CallOptions.DEFAULT.withOnReadyThreshold(BareSettings.SEND_QUEUE_BYTES)),
        call);
  }

  /**
   * Sends messages in turn until {@code count} are sent; nanoseconds until a majority has the last.
   */
  public long write(List<WriteCheckpointRequest> messages, long count)
      throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    for (long i = 0; i < count; i++) {
      call.send(messages.get((int) (i % messages.size())));
      sent++;
    }
    awaitDurable();
    return System.nanoTime() - begin;
  }

  private synchronized void awaitDurable() throws InterruptedException, ExecutionException {
    while (durable < sent && failure == null) {
      wait();
    }
    if (failure != null) {
      throw new ExecutionException("the fan-out ended before its time", failure);
    }
  }

  private synchronized void durable(long count) {
    durable = count;
    notifyAll();
  }

  private synchronized void fail(Throwable cause) {
    failure = cause;
    notifyAll();
  }

  /** Waits until every replica has everything. */
  @Override
  public void close() throws InterruptedException, ExecutionException {
    call.end();
  }
}
