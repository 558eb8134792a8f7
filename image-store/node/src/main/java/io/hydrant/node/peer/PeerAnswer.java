package io.hydrant.node.peer;

import io.grpc.stub.StreamObserver;

/** Takes the one answer of a unary call. */
abstract class PeerAnswer<T> implements StreamObserver<T> {
  @Override
  public void onCompleted() {}
}
