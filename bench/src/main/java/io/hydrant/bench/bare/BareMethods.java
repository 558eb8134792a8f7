package io.hydrant.bench.bare;

import com.google.protobuf.BytesValue;
import com.google.protobuf.Message;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;

/**
 * The methods of a bare server: the messages of hydrant.v1 with the marshallers that gRPC brings,
 * and nothing behind them but (for two of them) a file.
 */
final class BareMethods {
  static final String SERVICE = "hydrant.bench.Bare";

  static final MethodDescriptor<BytesValue, BytesValue> UNARY_ECHO =
      method(
          "UnaryEcho",
          MethodType.UNARY,
          BytesValue.getDefaultInstance(),
          BytesValue.getDefaultInstance());

  static final MethodDescriptor<BytesValue, BytesValue> ECHO =
      method(
          "Echo",
          MethodType.BIDI_STREAMING,
          BytesValue.getDefaultInstance(),
          BytesValue.getDefaultInstance());

  /** Takes the messages and drops them. */
  static final MethodDescriptor<WriteCheckpointRequest, WriteCheckpointResponse> DISCARD =
      write("Discard", MethodType.CLIENT_STREAMING);

  /**
   * Writes the pages into the recycled file with an fdatasync every few MiB; answers after the last
   * one.
   */
  static final MethodDescriptor<WriteCheckpointRequest, WriteCheckpointResponse> SINK =
      write("Sink", MethodType.CLIENT_STREAMING);

  /** Writes the pages as they come; one fdatasync and one answer for every commit message. */
  static final MethodDescriptor<WriteCheckpointRequest, WriteCheckpointResponse> CHECKPOINT =
      write("Checkpoint", MethodType.BIDI_STREAMING);

  /** Answers with as many pages as the ranges ask for, in messages of 1 MiB. */
  static final MethodDescriptor<PrefetchRequest, Pages> STREAM =
      method(
          "Stream",
          MethodType.SERVER_STREAMING,
          PrefetchRequest.getDefaultInstance(),
          Pages.getDefaultInstance());

  /** Answers every request with as many pages as it names. */
  static final MethodDescriptor<FetchRequest, FetchResponse> FETCH =
      method(
          "Fetch",
          MethodType.BIDI_STREAMING,
          FetchRequest.getDefaultInstance(),
          FetchResponse.getDefaultInstance());

  private BareMethods() {}

  private static MethodDescriptor<WriteCheckpointRequest, WriteCheckpointResponse> write(
      String name, MethodType type) {
    return method(
        name,
        type,
        WriteCheckpointRequest.getDefaultInstance(),
        WriteCheckpointResponse.getDefaultInstance());
  }

  private static <Q extends Message, A extends Message> MethodDescriptor<Q, A> method(
      String name, MethodType type, Q request, A answer) {
    return MethodDescriptor.<Q, A>newBuilder()
        .setType(type)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(ProtoUtils.marshaller(request))
        .setResponseMarshaller(ProtoUtils.marshaller(answer))
        .build();
  }
}
