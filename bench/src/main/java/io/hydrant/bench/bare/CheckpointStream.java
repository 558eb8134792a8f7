package io.hydrant.bench.bare;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** Checkpoints on one long-lived stream, one in flight. For one thread. */
public final class CheckpointStream implements AutoCloseable {
  private final Baton<WriteCheckpointResponse> baton = new Baton<>();
  private final SendingObserver<WriteCheckpointRequest, WriteCheckpointResponse> call =
      new SendingObserver<>(baton::pass, baton::fail);

  CheckpointStream(Channel channel) {
    ClientCalls.asyncBidiStreamingCall(
        channel.newCall(
            BareMethods.CHECKPOINT,
            CallOptions.DEFAULT.withOnReadyThreshold(BareSettings.SEND_QUEUE_BYTES)),
        call);
  }

  /** From the first message to the answer that follows the fdatasync; nanoseconds. */
  public long write(List<WriteCheckpointRequest> batches, WriteCheckpointRequest commit)
      throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    for (WriteCheckpointRequest batch : batches) {
      call.send(batch);
    }
    call.send(commit);
    baton.take();
    return System.nanoTime() - begin;
  }

  @Override
  public void close() throws InterruptedException, ExecutionException {
    call.end();
  }
}
