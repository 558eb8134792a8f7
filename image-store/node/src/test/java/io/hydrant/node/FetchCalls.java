package io.hydrant.node;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.RestoreServiceGrpc;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A FetchPages stream, by hand. */
public final class FetchCalls {
  private final BlockingQueue<Object> answers = new LinkedBlockingQueue<>();
  private final StreamObserver<FetchRequest> requests;

  public FetchCalls(ManagedChannel channel) {
    requests =
        RestoreServiceGrpc.newStub(channel)
            .fetchPages(
                new StreamObserver<>() {
                  @Override
                  public void onNext(FetchResponse answer) {
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answers.add(failure);
                  }

                  @Override
                  public void onCompleted() {
                    answers.add("completed");
                  }
                });
  }

  public void send(FetchRequest request) {
    requests.onNext(request);
  }

  public void halfClose() {
    requests.onCompleted();
  }

  /** The next answer, failure or end. */
  public Object next() throws InterruptedException {
    Object answer = answers.poll(10, TimeUnit.SECONDS);
    if (answer == null) {
      throw new AssertionError("no answer within 10 s");
    }
    return answer;
  }

  public FetchResponse fetch(FetchRequest request) throws InterruptedException {
    send(request);
    if (next() instanceof FetchResponse response) {
      return response;
    }
    throw new AssertionError("the stream ended");
  }
}
