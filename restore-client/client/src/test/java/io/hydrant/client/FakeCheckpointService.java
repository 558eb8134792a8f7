package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Committed;
import io.hydrant.v1.DurableThrough;
import io.hydrant.v1.Opened;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

final class FakeCheckpointService extends CheckpointServiceGrpc.CheckpointServiceImplBase {
  private final FakeStore store;
  private final Faults faults;

  FakeCheckpointService(FakeStore store, Faults faults) {
    this.store = store;
    this.faults = faults;
  }

  @Override
  public StreamObserver<WriteCheckpointRequest> writeCheckpoint(
      StreamObserver<WriteCheckpointResponse> answers) {
    ServerCallStreamObserver<WriteCheckpointResponse> call =
        (ServerCallStreamObserver<WriteCheckpointResponse>) answers;
    call.disableAutoRequest();
    call.request(faults.readsRequests ? Integer.MAX_VALUE : 1);
    return new Writing(call);
  }

  @Override
  public void settle(SettleRequest request, StreamObserver<SettleResponse> observer) {
    if (faults.silent) {
      return;
    }
    Supplier<StatusRuntimeException> notLeading = faults.notLeading;
    if (notLeading != null) {
      observer.onError(notLeading.get());
      return;
    }
    SettleResponse.Builder answer = SettleResponse.newBuilder();
    FakeStore.Content content = store.checkpoint(request.getImageUid(), request.getCheckpoint());
    if (content == null) {
      observer.onError(
          FakeStore.refusal(Reason.REASON_UNKNOWN_CHECKPOINT, Status.Code.NOT_FOUND, "no such id"));
      return;
    }
    try {
      answer.setIndex(store.commit(content, request.getCommit()));
    } catch (FakeStore.Refused e) {
      answer.setReason(e.reason).setMessage(String.valueOf(e.getMessage()));
      if (e.reason == Reason.REASON_DIGEST_MISMATCH) {
        store.abort(content); // its bytes did not all come
      }
    }
    answer.setState(content.state);
    SettleResponse settled;
    try {
      settled = faults.settle.apply(answer.build());
    } catch (StatusRuntimeException e) {
      observer.onError(e);
      return;
    }
    if (settled == null) {
      observer.onError(Status.UNAVAILABLE.withDescription("fault").asRuntimeException());
      return;
    }
    observer.onNext(settled);
    observer.onCompleted();
  }

  private final class Writing implements StreamObserver<WriteCheckpointRequest> {
    private final StreamObserver<WriteCheckpointResponse> answers;
    private final Map<Long, FakeStore.Content> attempts = new HashMap<>();
    private boolean broken;

    Writing(StreamObserver<WriteCheckpointResponse> answers) {
      this.answers = answers;
    }

    @Override
    public void onNext(WriteCheckpointRequest request) {
      if (broken || faults.silent) {
        return;
      }
      Supplier<StatusRuntimeException> notLeading = faults.notLeading;
      if (notLeading != null) {
        // What the attempt was lives on in the log.
        if (request.hasOpen() || attempts.remove(request.getAttempt()) != null) {
          Rejected rejected =
              Rejected.newBuilder()
                  .setReason(Reason.REASON_NO_LEADER)
                  .setMessage(String.valueOf(notLeading.get().getMessage()))
                  .build();
          send(answer(request.getAttempt()).setRejected(rejected));
        }
        return;
      }
      switch (faults.onRequest.apply(request)) {
        case PASS -> take(request);
        case BREAK -> breakOff();
        case SWALLOW -> {}
      }
    }

    private void take(WriteCheckpointRequest request) {
      long attempt = request.getAttempt();
      FakeStore.Content content = attempts.get(attempt);
      if (content == null && !request.hasOpen()) {
        return; // rejected before
      }
      try {
        step(request, content);
      } catch (FakeStore.Refused e) {
        attempts.remove(attempt);
        if (content != null) {
          store.abort(content);
        }
        Rejected rejected =
            Rejected.newBuilder()
                .setReason(e.reason)
                .setMessage(String.valueOf(e.getMessage()))
                .setHead(7)
                .build();
        send(answer(attempt).setRejected(rejected));
      }
    }

    private void step(WriteCheckpointRequest request, FakeStore.@Nullable Content content)
        throws FakeStore.Refused {
      long attempt = request.getAttempt();
      switch (request.getStepCase()) {
        case OPEN -> {
          long baseAttempt = request.getOpen().getBaseAttempt();
          FakeStore.Content base = attempts.get(baseAttempt);
          if (baseAttempt != 0 && base == null) {
            throw new FakeStore.Refused(Reason.REASON_ABORTED, "the base attempt has ended");
          }
          FakeStore.Content opened =
              store.open(request.getOpen(), base == null ? request.getOpen().getBase() : base.id);
          attempts.put(attempt, opened);
          send(answer(attempt).setOpened(Opened.newBuilder().setCheckpoint(opened.id)));
        }
        case BATCH -> {
          // As a server must: the message's buffer may be the client's own in this process.
          Pages batch = request.getBatch();
          ByteString data = ByteString.copyFrom(batch.getData().toByteArray());
          FakeStore.Content known = known(content);
          store.batch(known, batch.toBuilder().setData(data).build());
          send(
              answer(attempt)
                  .setDurable(DurableThrough.newBuilder().setBatchCount(known.batches.size())));
        }
        case ZERO_TRACTS -> known(content).zeroTracts.add(request.getZeroTracts());
        case SLIM -> known(content).slim.add(request.getSlim());
        case COMMIT -> {
          FakeStore.Content known = known(content);
          long index = store.commit(known, request.getCommit());
          Committed committed =
              Committed.newBuilder().setCheckpoint(known.id).setIndex(index).build();
          send(answer(attempt).setCommitted(committed));
        }
        case ABORT -> {
          store.abort(known(content));
          attempts.remove(attempt);
        }
        case STEP_NOT_SET -> throw new FakeStore.Refused(Reason.REASON_INVALID, "no step");
      }
    }

    private static FakeStore.Content known(FakeStore.@Nullable Content content)
        throws FakeStore.Refused {
      if (content == null) {
        throw new FakeStore.Refused(Reason.REASON_INVALID, "not opened");
      }
      if (content.state == CheckpointState.CHECKPOINT_STATE_ABORTED) {
        throw new FakeStore.Refused(Reason.REASON_ABORTED, "it was aborted");
      }
      return content;
    }

    private static WriteCheckpointResponse.Builder answer(long attempt) {
      return WriteCheckpointResponse.newBuilder().setAttempt(attempt);
    }

    private void send(WriteCheckpointResponse.Builder builder) {
      WriteCheckpointResponse answer = builder.build();
      switch (faults.onResponse.apply(answer)) {
        case PASS -> answers.onNext(faults.response.apply(answer));
        case BREAK -> breakOff();
        case SWALLOW -> {}
      }
    }

    private void breakOff() {
      broken = true;
      answers.onError(faults.breaking);
    }

    @Override
    public void onError(Throwable error) {
      broken = true;
    }

    @Override
    public void onCompleted() {
      if (!broken) {
        answers.onCompleted();
      }
    }
  }
}
