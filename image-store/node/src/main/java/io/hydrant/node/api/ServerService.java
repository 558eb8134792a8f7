package io.hydrant.node.api;

import io.grpc.stub.StreamObserver;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.Introduction;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.replication.Proposals;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.GetSpaceRequest;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.Space;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What this server is and how it does. */
public final class ServerService extends ServerServiceGrpc.ServerServiceImplBase {
  /** The range of API versions served. */
  public static final int API_VERSION = 1;

  private static final String DEVELOPMENT = "0.1.0-SNAPSHOT";

  private final StoreIdentity identity;
  private final Map<String, Long> limits;
  private final Proposals proposals;
  private final Optional<ClusterView> view;
  private final StatsSource stats;
  private final SpaceCalls space;
  private final UnaryCalls calls;
  private final LongSupplier nanoTime;
  private final long readyNanos;

  /** Where the figures come from; names and meanings: docs/stats.md. */
  public interface StatsSource {
    Map<String, Long> counters();

    Map<String, Long> gauges();
  }

  /**
   * @param limits by their names in docs/limits.md
   * @param view empty: a group of one
   * @param executor counts what images take
   */
  public ServerService(
      StoreIdentity identity,
      Map<String, Long> limits,
      Proposals proposals,
      Optional<ClusterView> view,
      StatsSource stats,
      SpaceCalls space,
      Executor executor,
      LongSupplier nanoTime) {
    this.identity = identity;
    this.limits = Map.copyOf(limits);
    this.proposals = proposals;
    this.view = view;
    this.stats = stats;
    this.space = space;
    this.calls = new UnaryCalls(executor);
    this.nanoTime = nanoTime;
    this.readyNanos = nanoTime.getAsLong();
  }

  @Override
  public void getServerInfo(GetServerInfoRequest request, StreamObserver<ServerInfo> observer) {
    ServerInfo.Builder info =
        ServerInfo.newBuilder()
            .setVersion(version())
            .setApiVersionMin(API_VERSION)
            .setApiVersionMax(API_VERSION)
            .setClusterId(identity.cluster().toString())
            .setStoreId(identity.store().toString())
            .setGroupId(identity.group().toString())
            .putAllLimits(limits)
            .setUptimeMillis(TimeUnit.NANOSECONDS.toMillis(nanoTime.getAsLong() - readyNanos))
            .setLeader(proposals.leads());
    view.ifPresent(group -> {
      group.members().forEach(member -> info.addMembers(Introduction.message(member.address())));
      info.setLeaderId(group.leader().map(MemberAddress::node).orElse(""))
          .setTerm(group.term())
          .setHealth(group.health());
    });
    observer.onNext(info.build());
    observer.onCompleted();
  }

  @Override
  public void stats(StatsRequest request, StreamObserver<StatsResponse> observer) {
    observer.onNext(
        StatsResponse.newBuilder()
            .putAllCounters(stats.counters())
            .putAllGauges(stats.gauges())
            .build());
    observer.onCompleted();
  }

  @Override
  public void getSpace(GetSpaceRequest request, StreamObserver<Space> observer) {
    calls.answer(
        observer,
        () -> CompletableFuture.supplyAsync(() -> space.space(request), calls.executor()));
  }

  /** Version of this program. */
  public static String version() {
    String packaged = ServerService.class.getPackage().getImplementationVersion();
    return packaged == null ? DEVELOPMENT : packaged;
  }
}
