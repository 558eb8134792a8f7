package io.hydrant.client;

import io.grpc.stub.StreamObserver;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;

final class FakeServerService extends ServerServiceGrpc.ServerServiceImplBase {
  private final Faults faults;

  FakeServerService(Faults faults) {
    this.faults = faults;
  }

  @Override
  public void getServerInfo(GetServerInfoRequest request, StreamObserver<ServerInfo> observer) {
    FakeImageService.answer(faults, "getServerInfo", observer, () -> faults.info);
  }

  @Override
  public void stats(StatsRequest request, StreamObserver<StatsResponse> observer) {
    FakeImageService.answer(
        faults,
        "stats",
        observer,
        () -> StatsResponse.newBuilder().putGauges("staged_bytes", 0).build());
  }
}
