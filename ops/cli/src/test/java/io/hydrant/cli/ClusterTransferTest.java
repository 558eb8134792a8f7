package io.hydrant.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Server;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.v1.Cluster;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.GetClusterRequest;
import io.hydrant.v1.Member;
import io.hydrant.v1.MemberState;
import io.hydrant.v1.Reason;
import io.hydrant.v1.TransferLeadershipRequest;
import io.hydrant.v1.TransferLeadershipResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** {@code cluster transfer} while the servers do not agree yet on who leads. */
class ClusterTransferTest {
  /** What the server answers, call by call: the leader as it knows it, then whether it leads. */
  private final Deque<String> leaders = new ArrayDeque<>();

  private final Deque<Boolean> leads = new ArrayDeque<>();
  private Server server;

  @BeforeEach
  void start() throws Exception {
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .addService(new Scripted())
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private String address() {
    return "127.0.0.1:" + server.getPort();
  }

  private final class Scripted extends ClusterServiceGrpc.ClusterServiceImplBase {
    @Override
    public void getCluster(GetClusterRequest request, StreamObserver<Cluster> observer) {
      Member self = Member.newBuilder().setNode("a").setPublicAddress(address()).build();
      observer.onNext(
          Cluster.newBuilder()
              .setLeaderId(leaders.size() > 1 ? leaders.poll() : leaders.getFirst())
              .addMembers(MemberState.newBuilder().setMember(self))
              .build());
      observer.onCompleted();
    }

    @Override
    public void transferLeadership(
        TransferLeadershipRequest request, StreamObserver<TransferLeadershipResponse> observer) {
      if (leads.remove()) {
        observer.onNext(TransferLeadershipResponse.newBuilder().setLeaderId("b").build());
        observer.onCompleted();
      } else {
        observer.onError(ApiErrors.status(Reason.REASON_NO_LEADER, "this node does not lead"));
      }
    }
  }

  @Test
  void asksAgainWhoLeadsUntilItIsTrue() {
    leaders.addAll(List.of("", "a", "a"));
    leads.addAll(List.of(false, true));
    Ran ran = Ran.hydrant("cluster", "transfer", "--server", address(), "--json").succeeded();
    assertEquals("a", ran.json("was"));
    assertEquals("b", ran.json("leader_id"));
    assertEquals(0, leads.size());
  }

  @Test
  void givesUpWhereNobodyLeads() {
    leaders.add("");
    Ran.hydrant("cluster", "transfer", "--server", address())
        .failed(ExitCode.UNAVAILABLE, address(), "has had no leader", "hydrant cluster status");
  }
}
