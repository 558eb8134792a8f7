package io.hydrant.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.Member;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ServerInfo;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Three fake servers of one store, of which one leads. */
final class FakeGroup implements AutoCloseable {
  private static final int SIZE = 3;

  final FakeStore store = new FakeStore();
  final List<FakeServer> servers =
      IntStream.range(0, SIZE).mapToObj(_ -> FakeServer.onLoopback(store, 0)).toList();
  private long term;

  FakeGroup() {
    lead(0);
  }

  Faults faults(int server) {
    return servers.get(server).faults;
  }

  String address(int server) {
    return "127.0.0.1:" + servers.get(server).port();
  }

  /** Every member knows who leads from now on. */
  void lead(int leader) {
    elect(leader, List.of(0, 1, 2), address(leader));
  }

  /** Nobody leads, and nobody knows who might. */
  void nobodyLeads() {
    elect(-1, List.of(0, 1, 2), null);
  }

  /**
   * @param leader negative: nobody
   * @param informed who knows of it
   * @param hint what goes with refusals; null: nothing
   */
  void elect(int leader, List<Integer> informed, @Nullable String hint) {
    term++;
    for (int server : informed) {
      ServerInfo.Builder info =
          ServerInfo.newBuilder()
              .setVersion("fake")
              .setLeader(server == leader)
              .setLeaderId(leader < 0 ? "" : "n" + leader)
              .setTerm(term);
      for (int i = 0; i < SIZE; i++) {
        info.addMembers(Member.newBuilder().setNode("n" + i).setPublicAddress(address(i)));
      }
      faults(server).info = info.build();
      faults(server).notLeading = server == leader ? null : () -> refusal(hint);
    }
  }

  private static StatusRuntimeException refusal(@Nullable String hint) {
    Metadata trailers = new Metadata();
    trailers.put(Failure.REASON_KEY, Reason.REASON_NO_LEADER.name());
    if (hint != null) {
      trailers.put(Failure.LEADER_KEY, hint);
    }
    return Status.UNAVAILABLE.withDescription("not the leader").asRuntimeException(trailers);
  }

  HydrantClient client() {
    return HydrantClient.connect(config());
  }

  ClientConfig config() {
    String all = IntStream.range(0, SIZE).mapToObj(this::address).collect(Collectors.joining(","));
    return ClientConfig.of(all).withDeadlines(FakeServer.QUICK);
  }

  @Override
  public void close() {
    servers.forEach(FakeServer::close);
  }
}
