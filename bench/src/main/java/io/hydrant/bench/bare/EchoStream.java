package io.hydrant.bench.bare;

import com.google.protobuf.BytesValue;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import java.util.concurrent.ExecutionException;

/** Echoes on one stream, one in flight. For one thread. */
public final class EchoStream implements AutoCloseable {
  private final Baton<BytesValue> baton = new Baton<>();
  private final SendingObserver<BytesValue, BytesValue> call =
      new SendingObserver<>(baton::pass, baton::fail);

  EchoStream(Channel channel) {
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(BareMethods.ECHO, CallOptions.DEFAULT), call);
  }

  /** There and back; nanoseconds. */
  public long roundTrip(BytesValue message) throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    call.sendNow(message);
    BytesValue answer = baton.take();
    long elapsed = System.nanoTime() - begin;
    if (answer.getValue().size() != message.getValue().size()) {
      throw new IllegalStateException("the echo has another size");
    }
    return elapsed;
  }

  @Override
  public void close() throws InterruptedException, ExecutionException {
    call.end();
  }
}
