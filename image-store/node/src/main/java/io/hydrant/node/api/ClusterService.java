package io.hydrant.node.api;

import com.google.protobuf.ByteString;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.Founding;
import io.hydrant.node.cluster.FoundingException;
import io.hydrant.node.cluster.Introduction;
import io.hydrant.node.cluster.Joining;
import io.hydrant.node.cluster.MemberState;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.GetClusterRequest;
import io.hydrant.v1.Health;
import io.hydrant.v1.HealthState;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.InitResponse;
import io.hydrant.v1.Member;
import io.hydrant.v1.MemberRole;
import io.hydrant.v1.Reason;
import io.hydrant.v1.RepairState;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.TransferLeadershipRequest;
import io.hydrant.v1.TransferLeadershipResponse;
import io.hydrant.v1.WatchHealthRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The group of nodes, for operators. */
public final class ClusterService extends ClusterServiceGrpc.ClusterServiceImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterService.class);

  private final Supplier<Cluster> cluster;
  private final Optional<Founding> founding;
  private final Optional<HandOver> handOver;
  private final Optional<HealthStreams> health;
  private final Optional<ReplaceCalls> replacing;
  private final Executor executor;

  private ClusterService(
      Supplier<Cluster> cluster,
      Optional<Founding> founding,
      Optional<HandOver> handOver,
      Optional<HealthStreams> health,
      Optional<ReplaceCalls> replacing,
      Executor executor) {
    this.cluster = cluster;
    this.founding = founding;
    this.handOver = handOver;
    this.health = health;
    this.replacing = replacing;
    this.executor = executor;
  }

  /** What is done to a group of several. */
  public record Operations(
      Founding founding, HandOver handOver, HealthStreams health, Joining joining) {}

  /** Of a node that is a group of one, and stays one. */
  public static ClusterService alone(StoreIdentity identity, String node) {
    Cluster one =
        ids(identity)
            .addMembers(
                io.hydrant.v1.MemberState.newBuilder()
                    .setMember(Member.newBuilder().setNode(node))
                    .setRole(MemberRole.MEMBER_ROLE_VOTER)
                    .setVersion(ServerService.version()))
            .setLeaderId(node)
            .setHealth(Health.newBuilder().setState(HealthState.HEALTH_STATE_OK))
            .build();
    return new ClusterService(
        () -> one,
        Optional.empty(),
        Optional.empty(),
        Optional.of(new HealthStreams(one::getHealth, () -> 0)),
        Optional.empty(),
        Runnable::run);
  }

  /**
   * Of a blank node.
   *
   * @param executor may wait for other nodes
   */
  public static ClusterService waiting(Founding founding, Executor executor) {
    return new ClusterService(
        () -> {
          throw new ApiException(Reason.REASON_NOT_INITIALISED, WaitingService.WHAT_TO_DO);
        },
        Optional.of(founding),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        executor);
  }

  /**
   * Of one of several.
   *
   * @param executor may wait for other nodes
   */
  public static ClusterService member(
      StoreIdentity identity, ClusterView view, Operations operations, Executor executor) {
    return new ClusterService(
        () -> cluster(identity, view),
        Optional.of(operations.founding()),
        Optional.of(operations.handOver()),
        Optional.of(operations.health()),
        Optional.of(new ReplaceCalls(operations.joining())),
        executor);
  }

  /** Ends what would last for ever. */
  public void shutDown() {
    health.ifPresent(HealthStreams::close);
  }

  /** From time to time. */
  public void nudge() {
    health.ifPresent(HealthStreams::step);
  }

  @Override
  public void init(InitRequest request, StreamObserver<InitResponse> observer) {
    patiently(() -> init(request), observer);
  }

  @Override
  public void replaceMember(
      ReplaceMemberRequest request, StreamObserver<ReplaceMemberResponse> observer) {
    patiently(() -> replace(request), observer);
  }

  private ReplaceMemberResponse replace(ReplaceMemberRequest request) throws Exception {
    return replacing
        .orElseThrow(() ->
            new ApiException(
                Reason.REASON_WRONG_CLUSTER,
                "this node is a group of one and stays one: only members of a cluster are replaced"))
        .replace(request);
  }

  private <T> void patiently(Callable<T> call, StreamObserver<T> observer) {
    executor.execute(() -> {
      T response;
      try {
        response = call.call();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        observer.onError(ApiErrors.status(e));
        return;
      } catch (Exception e) {
        observer.onError(ApiErrors.status(e));
        return;
      }
      observer.onNext(response);
      observer.onCompleted();
    });
  }

  private InitResponse init(InitRequest request) throws InterruptedException {
    Founding founder =
        founding.orElseThrow(() ->
            new ApiException(
                Reason.REASON_WRONG_CLUSTER,
                "this node is a group of one and stays one: a cluster is made of blank nodes that"
                    + " were started with cluster.join=true"));
    try {
      Founding.Founded made =
          founder.found(request.getPeerAddressList(), token(request.getToken()));
      LOG.info("made cluster {} of {}", made.cluster(), made.members());
      InitResponse.Builder response =
          InitResponse.newBuilder()
              .setClusterId(made.cluster().toString())
              .setGroupId(made.group().toString());
      made.members().forEach(member -> response.addMembers(Introduction.message(member)));
      return response.build();
    } catch (FoundingException e) {
      throw new ApiException(e.reason(), String.valueOf(e.getMessage()));
    }
  }

  private static UUID token(ByteString bytes) {
    try {
      return Introduction.uuid("token", bytes);
    } catch (IllegalArgumentException e) {
      throw new ApiException(Reason.REASON_INVALID, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void getCluster(GetClusterRequest request, StreamObserver<Cluster> observer) {
    Cluster answer;
    try {
      answer = cluster.get();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      return;
    }
    observer.onNext(answer);
    observer.onCompleted();
  }

  @Override
  public void transferLeadership(
      TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
    CompletableFuture<String> leader;
    try {
      leader = handOver.orElseThrow(this::nobodyElse).to(request.getNode());
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      return;
    }
    leader.whenComplete((node, failure) -> {
      if (node == null) {
        observer.onError(ApiErrors.status(failure));
      } else {
        observer.onNext(TransferLeadershipResponse.newBuilder().setLeaderId(node).build());
        observer.onCompleted();
      }
    });
  }

  private ApiException nobodyElse() {
    return founding.isPresent()
        ? new ApiException(Reason.REASON_NOT_INITIALISED, WaitingService.WHAT_TO_DO)
        : ApiException.invalid("this node is a group of one: nobody else can lead");
  }

  @Override
  public void watchHealth(WatchHealthRequest request, StreamObserver<Health> observer) {
    if (health.isEmpty()) {
      observer.onError(ApiErrors.status(Reason.REASON_NOT_INITIALISED, WaitingService.WHAT_TO_DO));
    } else {
      health.get().add((ServerCallStreamObserver<Health>) observer);
    }
  }

  private static Cluster cluster(StoreIdentity identity, ClusterView view) {
    Cluster.Builder answer =
        ids(identity)
            .setLeaderId(view.leader().map(MemberAddress::node).orElse(""))
            .setTerm(view.term())
            .setHealth(view.health())
            .setSingleCopyBytes(view.copies().singleBytes())
            .setUnreachedBytes(view.copies().noneBytes());
    view.members().forEach(member -> answer.addMembers(state(member)));
    return answer.build();
  }

  private static io.hydrant.v1.MemberState.Builder state(MemberState member) {
    io.hydrant.v1.MemberState.Builder state =
        io.hydrant.v1.MemberState.newBuilder()
            .setMember(Introduction.message(member.address()))
            .setRole(member.voter() ? MemberRole.MEMBER_ROLE_VOTER : MemberRole.MEMBER_ROLE_JOINING)
            .setSilentMillis(member.silence().map(Duration::toMillis).orElse(Long.MAX_VALUE))
            .setVersion(member.version())
            .setRefusal(member.refusal().map(MemberState.Refusal::why).orElse(""));
    member.heard().ifPresent(last -> fill(state, last));
    return state;
  }

  private static void fill(io.hydrant.v1.MemberState.Builder state, MemberState.Heard last) {
    InventoryView said = last.said();
    state
        .setAppliedIndex(said.applied())
        .setHoldMark(said.holdMark())
        .setMissingBytes(said.lacking().bytes())
        .setMissingTracts(said.lacking().tracts())
        .setFreeBytes(said.space().freeBytes())
        .setNearlyFull(said.space().nearlyFull())
        .setClockAheadMillis(last.clockAheadMillis());
    RepairProgress repair = said.repair();
    if (repair.isActive()) {
      state.setRepair(
          RepairState.newBuilder()
              .setBytesDone(repair.bytesDone())
              .setBytesTotal(repair.bytesTotal())
              .setBytesPerSecond(repair.bytesPerSecond()));
    }
  }

  private static Cluster.Builder ids(StoreIdentity identity) {
    return Cluster.newBuilder()
        .setClusterId(identity.cluster().toString())
        .setGroupId(identity.group().toString());
  }
}
