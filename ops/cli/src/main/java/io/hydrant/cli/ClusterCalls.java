package io.hydrant.cli;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.client.Endpoint;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.GetClusterRequest;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.Health;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.InitResponse;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ScrubRequest;
import io.hydrant.v1.ScrubServiceGrpc;
import io.hydrant.v1.ScrubStatus;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import io.hydrant.v1.TransferLeadershipRequest;
import io.hydrant.v1.WatchHealthRequest;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Calls to one certain server about its group: never to whichever of them answers. */
final class ClusterCalls implements AutoCloseable {
  private static final Duration SMALL = Duration.ofSeconds(5);

  /** The node asked waits for all others, twice, each of which syncs some files. */
  private static final Duration INIT = Duration.ofSeconds(60);

  /** An election that the other one is called to. */
  private static final Duration TRANSFER = Duration.ofSeconds(20);

  /** The leader waits for the blank node, twice. */
  private static final Duration REPLACE = Duration.ofSeconds(30);

  private static final int CLOSE_SECONDS = 2;

  private final Endpoint server;
  private final ManagedChannel channel;

  ClusterCalls(Endpoint server) {
    this.server = server;
    this.channel = NettyChannelBuilder.forTarget("dns:///" + server).usePlaintext().build();
  }

  ServerInfo info() {
    return call(() ->
        ServerServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(SMALL.toMillis(), TimeUnit.MILLISECONDS)
            .getServerInfo(GetServerInfoRequest.getDefaultInstance()));
  }

  Cluster cluster() {
    return call(() ->
        ClusterServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(SMALL.toMillis(), TimeUnit.MILLISECONDS)
            .getCluster(GetClusterRequest.getDefaultInstance()));
  }

  InitResponse init(InitRequest request) {
    return call(() ->
        ClusterServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(INIT.toMillis(), TimeUnit.MILLISECONDS)
            .init(request));
  }

  /** Who leads then; empty if that server does not lead, and so has done nothing. */
  Optional<String> transferLeadership(String node) {
    try {
      return Optional.of(
          ClusterServiceGrpc.newBlockingStub(channel)
              .withDeadlineAfter(TRANSFER.toMillis(), TimeUnit.MILLISECONDS)
              .transferLeadership(TransferLeadershipRequest.newBuilder().setNode(node).build())
              .getLeaderId());
    } catch (StatusRuntimeException e) {
      if (Reason.REASON_NO_LEADER.name().equals(reason(e))) {
        return Optional.empty();
      }
      throw failure(e);
    }
  }

  /** How far a replacement is. */
  ReplaceMemberResponse replace(ReplaceMemberRequest request) {
    return call(() ->
        ClusterServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(REPLACE.toMillis(), TimeUnit.MILLISECONDS)
            .replaceMember(request));
  }

  /** Tells the health, now and at every change, until the server ends it. */
  void watchHealth(Consumer<Health> told) {
    call(() -> {
      ClusterServiceGrpc.newBlockingStub(channel)
          .watchHealth(WatchHealthRequest.getDefaultInstance())
          .forEachRemaining(told);
      return true;
    });
  }

  StatsResponse stats() {
    return call(() ->
        ServerServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(SMALL.toMillis(), TimeUnit.MILLISECONDS)
            .stats(StatsRequest.getDefaultInstance()));
  }

  /**
   * How the verification of that server's disk goes, until it has ended.
   *
   * @param start begin one now; else only look
   * @return the last that was said
   */
  ScrubStatus scrub(boolean start, Consumer<ScrubStatus> told) {
    return call(() -> {
      ScrubStatus last = ScrubStatus.getDefaultInstance();
      Iterator<ScrubStatus> said =
          ScrubServiceGrpc.newBlockingStub(channel)
              .scrub(ScrubRequest.newBuilder().setStart(start).build());
      while (said.hasNext()) {
        last = said.next();
        told.accept(last);
      }
      return last;
    });
  }

  /** As it is now, whether one runs or not. */
  ScrubStatus scrubNow() {
    return call(() ->
        ScrubServiceGrpc.newBlockingStub(channel)
            .withDeadlineAfter(SMALL.toMillis(), TimeUnit.MILLISECONDS)
            .scrub(ScrubRequest.getDefaultInstance())
            .next());
  }

  private <T> T call(Supplier<T> call) {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      throw failure(e);
    }
  }

  private CommandFailure failure(StatusRuntimeException e) {
    String reason = reason(e);
    String said = e.getStatus().getDescription();
    if (reason != null && said != null) {
      return new CommandFailure(code(reason, e.getStatus().getCode()), said, "", e);
    }
    if (e.getStatus().getCode() == Status.Code.UNIMPLEMENTED) {
      return new CommandFailure(
          ExitCode.REFUSED, "server " + server + " does not know that call: it is too old", "", e);
    }
    return new CommandFailure(
        ExitCode.UNAVAILABLE,
        "server " + server + " cannot be reached: " + e.getStatus().getCode(),
        "Start it with `hydrant server --data DIR`, or name another.",
        e);
  }

  private static @Nullable String reason(StatusRuntimeException e) {
    Metadata trailers = e.getTrailers();
    return trailers == null ? null : trailers.get(ApiErrors.REASON_KEY);
  }

  private static ExitCode code(String reason, Status.Code status) {
    if (reason.equals(Reason.REASON_INVALID.name())) {
      return ExitCode.USAGE;
    }
    return status == Status.Code.UNAVAILABLE || status == Status.Code.DEADLINE_EXCEEDED
        ? ExitCode.UNAVAILABLE
        : status == Status.Code.INTERNAL ? ExitCode.UNEXPECTED : ExitCode.REFUSED;
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      channel.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
