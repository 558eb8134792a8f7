package io.hydrant.client;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;

/** One gRPC call to one member that carries attempts. */
final class WriteStream extends ClientCall.Listener<WriteCheckpointResponse> {
  private final Member member;
  private final Events events;
  private final ClientCall<WriteCheckpointRequest, WriteCheckpointResponse> call;
  private final WriteSender sender;

  /** What comes from the network, on its threads, or from within {@link #start}. */
  interface Events {
    void received(WriteStream stream, WriteCheckpointResponse response);

    void roomMade();

    void closed(WriteStream stream, Status status, Metadata trailers);
  }

  /**
   * @param sendBytes encoded bytes that may wait in gRPC
   */
  WriteStream(Member member, int sendBytes, Events events) {
    this.member = member;
    this.events = events;
    CallOptions options = CallOptions.DEFAULT.withOnReadyThreshold(sendBytes);
    this.call = member.bulk().newCall(CheckpointServiceGrpc.getWriteCheckpointMethod(), options);
    this.sender = new WriteSender(call);
  }

  void start() {
    call.start(this, new Metadata());
    call.request(Integer.MAX_VALUE);
  }

  Member member() {
    return member;
  }

  WriteSender sender() {
    return sender;
  }

  boolean isReady() {
    return call.isReady();
  }

  void cancel(String why) {
    call.cancel(why, null);
  }

  @Override
  public void onMessage(WriteCheckpointResponse response) {
    events.received(this, response);
  }

  @Override
  public void onReady() {
    events.roomMade();
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    events.closed(this, status, trailers);
  }
}
