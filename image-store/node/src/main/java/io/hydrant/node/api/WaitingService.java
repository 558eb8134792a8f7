package io.hydrant.node.api;

import io.grpc.stub.StreamObserver;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.Health;
import io.hydrant.v1.HealthState;
import io.hydrant.v1.Member;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import java.util.function.Supplier;

/** What a server is that waits to be made part of a cluster: itself, and nothing more. */
public final class WaitingService extends ServerServiceGrpc.ServerServiceImplBase {
  /** Why it does nothing else. */
  public static final String WHAT_TO_DO =
      "this node is blank and waits to be made part of a cluster: hydrant cluster init";

  private final Supplier<HelloRequest> self;

  public WaitingService(Supplier<HelloRequest> self) {
    this.self = self;
  }

  @Override
  public void getServerInfo(GetServerInfoRequest request, StreamObserver<ServerInfo> observer) {
    HelloRequest hello = self.get();
    observer.onNext(
        ServerInfo.newBuilder()
            .setVersion(ServerService.version())
            .setApiVersionMin(ServerService.API_VERSION)
            .setApiVersionMax(ServerService.API_VERSION)
            .addMembers(
                Member.newBuilder()
                    .setNode(hello.getNode())
                    .setPublicAddress(hello.getPublicAddress())
                    .setPeerAddress(hello.getPeerAddress())
                    .setRaftAddress(hello.getRaftAddress()))
            .setHealth(
                Health.newBuilder()
                    .setState(HealthState.HEALTH_STATE_UNAVAILABLE)
                    .addReasons(WHAT_TO_DO))
            .build());
    observer.onCompleted();
  }
}
