package io.hydrant.bench.fanout;

import com.google.protobuf.ByteString;
import com.google.protobuf.UInt64Value;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.protobuf.ProtoUtils;
import io.hydrant.v1.WriteCheckpointRequest;

/**
 * Messages in, counts of durable bytes out, with the marshallers that gRPC brings. Bytes are those
 * that are kept, {@link #kept}.
 */
final class FanOutMethods {
  static final String SERVICE = "hydrant.bench.FanOut";

  /** Appends and syncs here; every answer says how many bytes of the call are durable. */
  static final MethodDescriptor<WriteCheckpointRequest, UInt64Value> APPEND = method("Append");

  /** The same on this one and on its peers; every answer says how many a majority has. */
  static final MethodDescriptor<WriteCheckpointRequest, UInt64Value> FAN_OUT = method("FanOut");

  private FanOutMethods() {}

  /** What of a message is written to the files: the content of pages, or device state. */
  static ByteString kept(WriteCheckpointRequest message) {
    return message.hasSlim() ? message.getSlim().getData() : message.getBatch().getData();
  }

  private static MethodDescriptor<WriteCheckpointRequest, UInt64Value> method(String name) {
    return MethodDescriptor.<WriteCheckpointRequest, UInt64Value>newBuilder()
        .setType(MethodType.BIDI_STREAMING)
        .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, name))
        .setRequestMarshaller(ProtoUtils.marshaller(WriteCheckpointRequest.getDefaultInstance()))
        .setResponseMarshaller(ProtoUtils.marshaller(UInt64Value.getDefaultInstance()))
        .build();
  }
}
