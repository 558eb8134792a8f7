package io.hydrant.node.cluster;

import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.hydrant.peer.v1.AdoptRequest;
import io.hydrant.peer.v1.AdoptResponse;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.HelloResponse;
import io.hydrant.peer.v1.PeerServiceGrpc;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Where other nodes knock: who is there, and adoption. */
public interface PeerDoor {
  /** Answers an introduction; never fails. */
  CompletableFuture<HelloResponse> hello(HelloRequest request);

  /** May write to the disk. */
  AdoptResponse adopt(AdoptRequest request);

  /**
   * These two methods of the peer service, for a server; its other ones belong to the data plane.
   */
  static ServerServiceDefinition definition(PeerDoor door) {
    return ServerServiceDefinition.builder(PeerServiceGrpc.SERVICE_NAME)
        .addMethod(
            PeerServiceGrpc.getHelloMethod(),
            ServerCalls.asyncUnaryCall(
                (HelloRequest request, StreamObserver<HelloResponse> observer) ->
                    door.hello(request)
                        .whenComplete((answer, failure) -> answer(observer, answer, failure))))
        .addMethod(
            PeerServiceGrpc.getAdoptMethod(),
            ServerCalls.asyncUnaryCall(
                (AdoptRequest request, StreamObserver<AdoptResponse> observer) -> {
                  observer.onNext(door.adopt(request));
                  observer.onCompleted();
                }))
        .build();
  }

  private static void answer(
      StreamObserver<HelloResponse> observer,
      @Nullable HelloResponse answer,
      @Nullable Throwable failure) {
    if (answer == null) {
      observer.onError(Status.INTERNAL.withCause(failure).asRuntimeException());
    } else {
      observer.onNext(answer);
      observer.onCompleted();
    }
  }
}
