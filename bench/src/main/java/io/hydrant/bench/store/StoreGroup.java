package io.hydrant.bench.store;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.bench.process.DirectoryTree;
import io.hydrant.bench.process.FreePort;
import io.hydrant.bench.process.JvmCommand;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.InitRequest;
import io.hydrant.v1.ReplaceMemberRequest;
import io.hydrant.v1.ReplaceMemberResponse;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.StatsRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A group of the store: three servers in processes of their own on loopback, each with its ports
 * for life, so that a member that was killed comes back where the others look for it. For one
 * thread, except {@link #info} and {@link #leader}.
 */
public final class StoreGroup implements AutoCloseable {
  public static final int MEMBERS = 3;

  private static final int PORTS = 3;
  private static final long WAIT_SECONDS_MAX = 120;
  private static final long ANSWER_MILLIS_MAX = 1_000;
  private static final long INIT_SECONDS_MAX = 60;
  private static final long POLL_MILLIS = 100;
  private static final String APPLIED = "applied_index";

  private final Start start;
  private final List<Member> members = new ArrayList<>();

  /**
   * How members are started.
   *
   * @param jvmOptions on top of the launch flags
   * @param logs directory for logs
   * @param data directory with a directory a member
   * @param settings KEY=VALUE each
   */
  public record Start(
      JvmCommand jvm, List<String> jvmOptions, Path logs, Path data, List<String> settings) {
    public Start {
      jvmOptions = List.copyOf(jvmOptions);
      settings = List.copyOf(settings);
    }
  }

  private static final class Member {
    private final int publicPort;
    private final int peerPort;
    private final int raftPort;
    private final Path data;
    private final ManagedChannel channel;
    private @Nullable StoreProcess process;

    Member(List<Integer> ports, Path data) {
      this.publicPort = ports.get(0);
      this.peerPort = ports.get(1);
      this.raftPort = ports.get(2);
      this.data = data;
      this.channel = NettyChannelBuilder.forAddress("127.0.0.1", publicPort).usePlaintext().build();
    }

    List<String> settings() {
      return List.of(
          "cluster.join=true",
          "cluster.peer-address=127.0.0.1:" + peerPort,
          "cluster.raft-address=127.0.0.1:" + raftPort);
    }

    StoreProcess running() {
      if (process == null) {
        throw new IllegalStateException("the member does not run");
      }
      return process;
    }
  }

  private StoreGroup(Start start) throws IOException {
    this.start = start;
    List<Integer> ports = FreePort.choose(MEMBERS * PORTS);
    for (int i = 0; i < MEMBERS; i++) {
      members.add(
          new Member(ports.subList(PORTS * i, PORTS * (i + 1)), start.data().resolve("n" + i)));
    }
  }

  /** Starts three blank servers, makes them one group and waits until it serves. */
  public static StoreGroup start(Start start) throws IOException, InterruptedException {
    StoreGroup group = new StoreGroup(start);
    try {
      for (int member = 0; member < MEMBERS; member++) {
        group.launch(member);
      }
      for (int member = 0; member < MEMBERS; member++) {
        group.process(member).awaitReady();
      }
      group.init();
      group.awaitCalm();
    } catch (IOException | InterruptedException | RuntimeException e) {
      group.close();
      throw e;
    }
    return group;
  }

  private void init() {
    UUID token = UUID.randomUUID();
    ByteBuffer bytes =
        ByteBuffer.allocate(16)
            .putLong(token.getMostSignificantBits())
            .putLong(token.getLeastSignificantBits())
            .flip();
    InitRequest.Builder request = InitRequest.newBuilder().setToken(ByteString.copyFrom(bytes));
    members.forEach(member -> request.addPeerAddress("127.0.0.1:" + member.peerPort));
    var members =
        ClusterServiceGrpc.newBlockingStub(this.members.getFirst().channel)
            .withDeadlineAfter(INIT_SECONDS_MAX, TimeUnit.SECONDS)
            .init(request.build())
            .getMembersCount();
    if (members != MEMBERS) {
      throw new IllegalStateException("a group of " + members);
    }
  }

  /** Starts a member that does not run; does not wait for it. */
  public void launch(int number) throws IOException, InterruptedException {
    launch(number, List.of());
  }

  /**
   * Starts a member that does not run; does not wait for it.
   *
   * @param others settings in place of those that all have
   */
  public void launch(int number, List<String> others) throws IOException, InterruptedException {
    Member member = members.get(number);
    List<String> settings = new ArrayList<>(start.settings());
    settings.addAll(others);
    settings.addAll(member.settings());
    member.process =
        StoreProcess.start(
            start.jvm(),
            start.jvmOptions(),
            start.logs(),
            member.data,
            member.publicPort,
            settings);
    member.channel.resetConnectBackoff();
  }

  /** SIGKILL. */
  public void kill(int number) throws IOException, InterruptedException {
    StoreProcess process = process(number);
    process.process().kill();
    members.get(number).process = null;
  }

  /** SIGKILL, and its disk is gone with it. */
  public void wipe(int number) throws IOException, InterruptedException {
    kill(number);
    DirectoryTree.delete(members.get(number).data);
  }

  /** The name that a member gave itself, as the others know it. */
  public String node(int number) throws IOException {
    String address = "127.0.0.1:" + members.get(number).publicPort;
    for (int asked = 0; asked < MEMBERS; asked++) {
      Optional<String> node =
          info(asked).stream()
              .flatMap(info -> info.getMembersList().stream())
              .filter(member -> member.getPublicAddress().equals(address))
              .map(io.hydrant.v1.Member::getNode)
              .findFirst();
      if (node.isPresent()) {
        return node.get();
      }
    }
    throw new IOException("nobody knows the member at " + address);
  }

  /**
   * Asks the leader to put a blank server in the place of a member, or how far that is.
   *
   * @param dead name of the member
   * @param with number of the blank server
   * @return empty if nobody leads, or it cannot say now: ask again
   * @throws StatusRuntimeException it is refused
   */
  public Optional<ReplaceMemberResponse> replace(String dead, int with) {
    OptionalInt leader = leader();
    if (leader.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          ClusterServiceGrpc.newBlockingStub(members.get(leader.getAsInt()).channel)
              .withDeadlineAfter(INIT_SECONDS_MAX, TimeUnit.SECONDS)
              .replaceMember(
                  ReplaceMemberRequest.newBuilder()
                      .setDead(dead)
                      .setWithPeerAddress("127.0.0.1:" + members.get(with).peerPort)
                      .build()));
    } catch (StatusRuntimeException e) {
      return switch (e.getStatus().getCode()) {
        case UNAVAILABLE, DEADLINE_EXCEEDED -> Optional.empty();
        default -> throw e;
      };
    }
  }

  public StoreProcess process(int number) {
    return members.get(number).running();
  }

  /** The data directory of a member. */
  public Path data(int number) {
    return members.get(number).data;
  }

  /** host:port of all members with commas between, for clients. */
  public String endpoints() {
    return members.stream()
        .map(member -> "127.0.0.1:" + member.publicPort)
        .collect(Collectors.joining(","));
  }

  /** What a member says of itself; empty if it does not answer. */
  public Optional<ServerInfo> info(int number) {
    try {
      return Optional.of(
          ServerServiceGrpc.newBlockingStub(members.get(number).channel)
              .withDeadlineAfter(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
              .getServerInfo(GetServerInfoRequest.getDefaultInstance()));
    } catch (StatusRuntimeException e) {
      return Optional.empty();
    }
  }

  /** The member that says that it leads; of two that do so the one of the newer term. */
  public OptionalInt leader() {
    OptionalInt leader = OptionalInt.empty();
    long term = -1;
    for (int number = 0; number < MEMBERS; number++) {
      Optional<ServerInfo> info = info(number);
      if (info.isPresent() && info.get().getLeader() && info.get().getTerm() > term) {
        leader = OptionalInt.of(number);
        term = info.get().getTerm();
      }
    }
    return leader;
  }

  /** The highest term that a member knows: it grows with every election. */
  public long term() {
    long term = 0;
    for (int number = 0; number < MEMBERS; number++) {
      term = Math.max(term, info(number).map(ServerInfo::getTerm).orElse(0L));
    }
    return term;
  }

  /** Waits until all members run, and all of them name one leader; its number. */
  public int awaitCalm() throws IOException, InterruptedException {
    await(
        "all members name one leader",
        () -> {
          OptionalInt leader = leader();
          if (leader.isEmpty()) {
            return false;
          }
          String id = info(leader.getAsInt()).map(ServerInfo::getLeaderId).orElse("");
          for (int number = 0; number < MEMBERS; number++) {
            if (id.isEmpty() || !info(number).map(ServerInfo::getLeaderId).orElse("").equals(id)) {
              return false;
            }
          }
          return true;
        });
    return leader().orElseThrow(() -> new IOException("the leader was lost again"));
  }

  /**
   * Waits until every member has applied what the furthest one has, and holds all its bytes. Nobody
   * may write meanwhile.
   */
  public void awaitDrained() throws IOException, InterruptedException {
    await(
        "all members have everything",
        () -> {
          List<Map<String, Long>> gauges = new ArrayList<>();
          for (Member member : members) {
            gauges.add(gauges(member));
          }
          return gauges.stream().allMatch(StoreGroup::holdsEverything)
              && gauges.stream().map(each -> each.get(APPLIED)).distinct().count() == 1;
        });
  }

  /**
   * Whether every member has applied what the furthest one had when this was asked, and holds all
   * its bytes; meanwhile others may write.
   */
  public boolean lacksNothing() {
    try {
      long furthest = 0;
      for (Member member : members) {
        furthest = Math.max(furthest, gauges(member).getOrDefault(APPLIED, 0L));
      }
      for (Member member : members) {
        Map<String, Long> gauges = gauges(member);
        if (gauges.getOrDefault(APPLIED, 0L) < furthest || !holdsEverything(gauges)) {
          return false;
        }
      }
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private static boolean holdsEverything(Map<String, Long> gauges) {
    return gauges.getOrDefault("missing_checkpoint_count", 0L) == 0;
  }

  private static Map<String, Long> gauges(Member member) {
    return ServerServiceGrpc.newBlockingStub(member.channel)
        .withDeadlineAfter(ANSWER_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .stats(StatsRequest.getDefaultInstance())
        .getGaugesMap();
  }

  private interface Condition {
    boolean holds();
  }

  private void await(String what, Condition condition) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS_MAX);
    while (!holds(condition)) {
      for (Member member : members) {
        if (member.process != null && !member.process.process().alive()) {
          throw new IOException(
              "a member ended by itself; its log ends:\n" + member.process.process().logTail());
        }
      }
      if (System.nanoTime() > deadline) {
        throw new IOException("waited " + WAIT_SECONDS_MAX + " s in vain until " + what);
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private static boolean holds(Condition condition) {
    try {
      return condition.holds();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Of all members that run. */
  public ProcessAccounts accounts() throws IOException {
    ProcessAccounts sum = new ProcessAccounts(0, 0, 0);
    for (Member member : members) {
      if (member.process != null) {
        sum = sum.plus(member.process.accounts());
      }
    }
    return sum;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    for (Member member : members) {
      member.channel.shutdownNow();
      if (member.process != null) {
        member.process.close();
      }
    }
  }
}
