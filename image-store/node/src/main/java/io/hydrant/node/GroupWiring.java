package io.hydrant.node;

import io.grpc.ServerServiceDefinition;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.node.cluster.Arrival;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.Doorkeeper;
import io.hydrant.node.cluster.GroupView;
import io.hydrant.node.cluster.MemberDoor;
import io.hydrant.node.cluster.MemberNews;
import io.hydrant.node.cluster.PeerCalls;
import io.hydrant.node.cluster.PeerDoor;
import io.hydrant.node.config.ClusterConfig;
import io.hydrant.node.config.LogConfig;
import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.DataDirectory.Part;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.peer.MetadataClient;
import io.hydrant.node.replication.MetadataSource;
import io.hydrant.node.replication.Proposals;
import io.hydrant.node.replication.Replication;
import io.hydrant.node.replication.StoreStateMachine;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.raftlog.EntryVisitor;
import io.hydrant.raftlog.LogPosition;
import io.hydrant.raftlog.Peer;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.Transport;
import io.hydrant.raftlog.ratis.LastMembers;
import io.hydrant.raftlog.ratis.OfflineLog;
import io.hydrant.raftlog.ratis.RatisRaftLog;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** Puts the replicated log together: of a group of one, or of one of several. */
record GroupWiring(DataDirectory data, Stocktaking stock, ClosingOrder closing) {
  /** The log's directory within its part. */
  static final String LOG = "log";

  /** Tells the entries that a stopped server's log has behind a state, committed or not. */
  static void readOffline(Path log, UUID group, LogPosition behind, EntryVisitor visitor)
      throws IOException {
    OfflineLog.read(log, group, behind, visitor);
  }

  /** A group of one leads as soon as its log is read; longer than the slowest disk takes. */
  private static final Duration LEADER_WAIT_MAX = Duration.ofSeconds(60);

  /**
   * A log that runs.
   *
   * @param view empty for a group of one
   * @param stock what this replica has and lacks
   */
  record Group(Proposals proposals, Optional<ClusterView> view, Stocktaking stock) {
    /** The same, with something between it and whoever proposes. */
    Group through(Proposals other) {
      return new Group(other, view, stock);
    }
  }

  /** What the data plane of one of several needs of it. */
  record Member(
      Group group, RaftLog log, Doorkeeper keeper, MemberNews news, ServerServiceDefinition door) {}

  /** Makes what the log is applied to. */
  interface MachineMaker {
    StoreStateMachine make(MetadataSource source);
  }

  /** What one of several needs beside its directory. */
  record Surroundings(
      ClusterConfig config,
      LogConfig log,
      HelloRequest self,
      PeerCalls calls,
      ServiceSwitch peerServices) {}

  /**
   * A group of one; it leads when this returns.
   *
   * @param leading counted down by the state machine when this replica leads
   */
  Group alone(StoreStateMachine machine, CountDownLatch leading) throws IOException {
    NodeIdentity identity = data.identity();
    RaftLog log =
        closing.add(
            RatisRaftLog.open(
                RaftLogConfig.single(directory(), identity.group(), identity.node()), machine));
    awaitLeadership(leading);
    return new Group(replication(log, Optional::<String>of), Optional.empty(), stock);
  }

  /** Beside the identity file, which is not the log's. */
  private Path directory() {
    return data.part(Part.RAFT).resolve(LOG);
  }

  private Replication replication(RaftLog log, Function<String, Optional<String>> addresses) {
    return new Replication(
        log, InstantSource.system(), new RequestId(data.identity().store().store()), addresses);
  }

  private void awaitLeadership(CountDownLatch leading) throws IOException {
    try {
      if (!leading.await(LEADER_WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "the replicated log in %s did not become ready within %s: its log messages say why"
                .formatted(data.root(), LEADER_WAIT_MAX));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting", e);
    }
  }

  /**
   * One of several: greets the others, then takes part. Whoever leads is found out later.
   *
   * @throws IOException also if the others do not take this node
   */
  Member member(MachineMaker maker, Adoption adoption, Surroundings around) throws IOException {
    NodeIdentity identity = data.identity();
    AtomicReference<Optional<RaftLog>> opened = new AtomicReference<>(Optional.empty());
    List<MemberAddress> before =
        LastMembers.of(directory(), identity.group())
            .map(GroupView::addresses)
            .orElse(adoption.members());
    Doorkeeper keeper =
        new Doorkeeper(
            around.self(),
            node ->
                addresses(opened.get(), before).stream()
                    .filter(member -> member.node().equals(node))
                    .findFirst());
    ServerServiceDefinition door =
        PeerDoor.definition(
            new MemberDoor(
                keeper,
                identity,
                around.calls(),
                () -> opened.get().map(log -> log.status().lastAppliedIndex()).orElse(0L),
                InstantSource.system()));
    around.peerServices().offer(List.of(door));
    MetadataClient metadata =
        new MetadataClient(
            new DoorHandshake(keeper),
            () ->
                addresses(opened.get(), before).stream()
                    .filter(member -> !member.node().equals(identity.node()))
                    .map(LogGroup::address)
                    .toList());
    StoreStateMachine machine = closing.add(maker.make(metadata));
    Arrival arrival = new Arrival(keeper, around.calls());
    if (adoption.joins() && machine.restored().index() < 0) {
      arrival.introduce(before);
    } else {
      arrival.greet(before);
    }
    RaftLog log = closing.add(RatisRaftLog.open(config(adoption, around), machine));
    opened.set(Optional.of(log));
    MemberNews news = new MemberNews(System::nanoTime, InstantSource.system());
    ClusterView view = new GroupView(identity.node(), around.self().getVersion(), log, news);
    Group group =
        new Group(
            new IsolationGuard(
                replication(log, node -> view.member(node).map(MemberAddress::publicAddress)),
                view::isIsolated),
            Optional.of(view),
            stock);
    return new Member(group, log, keeper, news, door);
  }

  /** As the log has them; one that joins has no log yet. */
  private static List<MemberAddress> addresses(Optional<RaftLog> log, List<MemberAddress> before) {
    return log.map(RaftLog::membership)
        .filter(members -> !members.voters().isEmpty())
        .map(GroupView::addresses)
        .orElse(before);
  }

  private RaftLogConfig config(Adoption adoption, Surroundings around) {
    ClusterConfig cluster = around.config();
    NodeIdentity identity = data.identity();
    Transport.Grpc transport = new Transport.Grpc(cluster.raft().host(), cluster.raft().port());
    RaftLogConfig config =
        adoption.joins()
            ? RaftLogConfig.joiner(directory(), identity.group(), identity.node(), transport)
            : RaftLogConfig.member(
                directory(),
                identity.group(),
                identity.node(),
                adoption.members().stream().map(GroupWiring::peer).toList(),
                transport);
    return config
        .withTiming(RaftLogConfig.Timing.group(cluster.electionTimeoutMillis()))
        .withBounds(around.log().bounds());
  }

  private static Peer peer(MemberAddress member) {
    return new Peer(
        member.node(), member.raftAddress(), member.publicAddress(), member.peerAddress());
  }
}
