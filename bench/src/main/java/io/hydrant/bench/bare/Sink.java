package io.hydrant.bench.bare;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.Committed;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.io.IOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/**
 * The receiving end of {@link BareMethods#SINK}: one thread parses, a second one writes and syncs,
 * so that receiving goes on during an fdatasync as it would in any server that cares.
 */
final class Sink implements StreamObserver<WriteCheckpointRequest> {
  /** Messages between the two threads: two syncs' worth of 1 MiB messages. */
  private static final int QUEUE_MESSAGES = 8;

  private static final ByteString END = ByteString.copyFromUtf8("end");

  private final RecycledFile file;
  private final ServerCallStreamObserver<WriteCheckpointResponse> answers;
  private final BlockingQueue<ByteString> queue = new ArrayBlockingQueue<>(QUEUE_MESSAGES);

  Sink(RecycledFile file, StreamObserver<WriteCheckpointResponse> answers) {
    this.file = file;
    this.answers = (ServerCallStreamObserver<WriteCheckpointResponse>) answers;
    this.answers.setOnCancelHandler(() -> {});
    Thread.ofPlatform().name("sink").daemon().start(this::write);
  }

  @Override
  public void onNext(WriteCheckpointRequest request) {
    enqueue(request.getBatch().getData());
  }

  @Override
  public void onError(Throwable cause) {
    enqueue(END);
  }

  @Override
  public void onCompleted() {
    enqueue(END);
  }

  private void enqueue(ByteString data) {
    try {
      queue.put(data);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    try {
      long unsyncedBytes = 0;
      for (ByteString data = queue.take(); data != END; data = queue.take()) {
        file.write(data.asReadOnlyByteBuffer());
        unsyncedBytes += data.size();
        if (unsyncedBytes >= BareSettings.SYNC_BYTES) {
          file.sync();
          unsyncedBytes = 0;
        }
      }
      file.sync();
      answers.onNext(
          WriteCheckpointResponse.newBuilder()
              .setCommitted(Committed.getDefaultInstance())
              .build());
      answers.onCompleted();
    } catch (IOException e) {
      answers.onError(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
