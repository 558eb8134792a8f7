package io.hydrant.node;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.AbortCheckpoint;
import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A protector's stream, by hand. */
public final class WriteStream {
  private final BlockingQueue<WriteCheckpointResponse> answers = new LinkedBlockingQueue<>();
  private final BlockingQueue<Throwable> failures = new LinkedBlockingQueue<>();
  private final BlockingQueue<Boolean> ends = new LinkedBlockingQueue<>();
  private final StreamObserver<WriteCheckpointRequest> requests;

  public WriteStream(ManagedChannel channel) {
    requests =
        CheckpointServiceGrpc.newStub(channel)
            .writeCheckpoint(
                new StreamObserver<>() {
                  @Override
                  public void onNext(WriteCheckpointResponse answer) {
                    if (!answer.hasDurable()) {
                      answers.add(answer);
                    }
                  }

                  @Override
                  public void onError(Throwable failure) {
                    failures.add(failure);
                  }

                  @Override
                  public void onCompleted() {
                    ends.add(true);
                  }
                });
  }

  private static WriteCheckpointRequest.Builder of(long attempt) {
    return WriteCheckpointRequest.newBuilder().setAttempt(attempt);
  }

  public WriteStream send(WriteCheckpointRequest.Builder request) {
    requests.onNext(request.build());
    return this;
  }

  public WriteStream open(long attempt, OpenCheckpoint.Builder open) {
    return send(of(attempt).setOpen(open));
  }

  public WriteStream openFull(long attempt, TestImage image) {
    return open(
        attempt,
        OpenCheckpoint.newBuilder()
            .setImageUid(image.uid())
            .setEpoch(image.epoch())
            .setKind(CheckpointKind.CHECKPOINT_KIND_FULL)
            .addRegions(Draft.region(image.pages())));
  }

  public WriteStream openOnAttempt(long attempt, TestImage image, long baseAttempt) {
    return open(
        attempt,
        OpenCheckpoint.newBuilder()
            .setImageUid(image.uid())
            .setEpoch(image.epoch())
            .setKind(CheckpointKind.CHECKPOINT_KIND_INCREMENTAL)
            .setBaseAttempt(baseAttempt));
  }

  public WriteStream openOn(long attempt, TestImage image, long base) {
    return open(
        attempt,
        OpenCheckpoint.newBuilder()
            .setImageUid(image.uid())
            .setEpoch(image.epoch())
            .setKind(CheckpointKind.CHECKPOINT_KIND_INCREMENTAL)
            .setBase(base));
  }

  public WriteStream batch(long attempt, Pages batch) {
    return send(of(attempt).setBatch(batch));
  }

  public WriteStream slim(long attempt, SlimChunk slim) {
    return send(of(attempt).setSlim(slim));
  }

  public WriteStream commit(long attempt, CommitCheckpoint commit) {
    return send(of(attempt).setCommit(commit));
  }

  public WriteStream abort(long attempt) {
    return send(of(attempt).setAbort(AbortCheckpoint.getDefaultInstance()));
  }

  public void halfClose() {
    requests.onCompleted();
  }

  /** Breaks the stream off. */
  public void cancel() {
    requests.onError(new IllegalStateException("broken off by the test"));
  }

  /** The next answer that is not about durability. */
  public WriteCheckpointResponse next() throws InterruptedException {
    WriteCheckpointResponse answer = answers.poll(10, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer within 10 s; failures: " + failures);
    }
    return answer;
  }

  public Throwable failure() throws InterruptedException {
    Throwable failure = failures.poll(10, TimeUnit.SECONDS);
    if (failure == null) {
      throw new AssertionError("no failure within 10 s; answers: " + answers);
    }
    return failure;
  }

  public boolean completed() throws InterruptedException {
    return ends.poll(10, TimeUnit.SECONDS) != null;
  }
}
