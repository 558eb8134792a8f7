package io.hydrant.node.peer;

import io.grpc.MethodDescriptor;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.hydrant.node.ingest.AliasingMarshaller;
import io.hydrant.node.ingest.CheckpointService;
import io.hydrant.peer.v1.FetchTractRequest;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.StageRequest;
import io.hydrant.peer.v1.Stated;
import io.hydrant.peer.v1.TractPart;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The methods of the data plane; frames are parsed without a second copy of their bytes. */
final class PeerMethods {
  /** A message of the API with the little that forwarding adds. */
  static final int MESSAGE_BYTES_MAX = CheckpointService.MESSAGE_BYTES_MAX + (64 << 10);

  static final MethodDescriptor<StageRequest, Stated> STAGE =
      PeerServiceGrpc.getStageMethod().toBuilder()
          .setRequestMarshaller(
              new AliasingMarshaller<>(
                  StageRequest.getDefaultInstance(),
                  StageRequest.parser(),
                  MESSAGE_BYTES_MAX,
                  StageReceiver.OVERSIZED))
          .build();

  /** As a peer asks for it: a tract's bytes are copied out of the message once. */
  static final MethodDescriptor<FetchTractRequest, TractPart> FETCH_TRACT =
      PeerServiceGrpc.getFetchTractMethod().toBuilder()
          .setResponseMarshaller(
              new AliasingMarshaller<>(
                  TractPart.getDefaultInstance(),
                  TractPart.parser(),
                  MESSAGE_BYTES_MAX,
                  TractPart.getDefaultInstance()))
          .build();

  /** Answered elsewhere: by whoever decides who is a member, or not yet. */
  private static final Set<String> OTHERS =
      Stream.of(PeerServiceGrpc.getHelloMethod(), PeerServiceGrpc.getAdoptMethod())
          .map(MethodDescriptor::getFullMethodName)
          .collect(Collectors.toUnmodifiableSet());

  private PeerMethods() {}

  static ServerServiceDefinition definition(PeerService service) {
    ServerServiceDefinition plain = service.bindService();
    ServerServiceDefinition.Builder builder =
        ServerServiceDefinition.builder(plain.getServiceDescriptor().getName());
    for (ServerMethodDefinition<?, ?> method : plain.getMethods()) {
      if (method.getMethodDescriptor().getFullMethodName().equals(STAGE.getFullMethodName())) {
        builder.addMethod(STAGE, service.stageHandler());
      } else if (!OTHERS.contains(method.getMethodDescriptor().getFullMethodName())) {
        builder.addMethod(method);
      }
    }
    return builder.build();
  }
}
