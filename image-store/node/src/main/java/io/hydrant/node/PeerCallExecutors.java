package io.hydrant.node;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.hydrant.peer.v1.PeerServiceGrpc;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Frames are handed to their own pool by whoever takes them off the connection: another pool in
 * between is a hop that each of them would pay for, and a replica that follows has nothing else to
 * do with them.
 */
final class PeerCallExecutors implements ServerCallExecutorSupplier {
  private static final Executor ON_THE_CONNECTION = Runnable::run;

  @Override
  public <Q, A> @Nullable Executor getExecutor(ServerCall<Q, A> call, Metadata metadata) {
    boolean frames =
        call.getMethodDescriptor()
            .getFullMethodName()
            .equals(PeerServiceGrpc.getStageMethod().getFullMethodName());
    return frames ? ON_THE_CONNECTION : null;
  }
}
