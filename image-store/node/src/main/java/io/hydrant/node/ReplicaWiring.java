package io.hydrant.node;

import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.node.api.CallExecutors;
import io.hydrant.node.api.ClusterService;
import io.hydrant.node.api.HandOver;
import io.hydrant.node.api.HealthStreams;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.cluster.Founding;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.config.ReplicationConfig;
import io.hydrant.node.damage.CopyWitnesses;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.FenceFile;
import io.hydrant.node.data.MemberAddress;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.ingest.OpenCheckpoints;
import io.hydrant.node.peer.PeerPlane;
import io.hydrant.node.peer.PeerPlaneConfig;
import io.hydrant.node.peer.RepairMeter;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.MetadataSource;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.node.replication.StoreStateMachine;
import io.hydrant.node.restore.Leases;
import io.hydrant.node.scrub.Nowhere;
import io.hydrant.raftlog.Peer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/** Puts one replica together: store, log, services; alone, or as one of several. */
record ReplicaWiring(
    NodeConfig config,
    DataDirectory data,
    CallExecutors executors,
    FailStop failStop,
    RandomGenerator random,
    ClosingOrder closing) {
  /** A new leader waits so long for what the voters say they hold. */
  private static final Duration SETTLE_MAX = Duration.ofSeconds(2);

  /** A group of one; it leads when this returns. */
  ServeWiring.Served alone() throws IOException {
    NodeIdentity identity = data.identity();
    NodeEvents events = new NodeEvents(failStop);
    EnginePorts ports = new EnginePorts(store(events), identity);
    Stocktaking stock = new Stocktaking(ports.store(), level(ports), () -> RepairProgress.NONE);
    ServeWiring.Clients clients = clients();
    CountDownLatch leading = new CountDownLatch(1);
    StoreStateMachine machine =
        new StoreStateMachine(
            ports,
            new NoMetadata(),
            (leader, _) -> {
              if (leader) {
                clients.leases().restart();
                leading.countDown();
              }
            },
            failStop);
    GroupWiring.Group group = new GroupWiring(data, stock, closing).alone(machine, leading);
    return serving(clients)
        .serve(
            ports,
            ports,
            events,
            group,
            new ServeWiring.Elsewhere(
                new PeerLife(identity.node(), random.nextLong()),
                Nowhere.alone(),
                CopyWitnesses.alone(identity.node())),
            ClusterService.alone(identity.store(), identity.node()));
  }

  private FillLevel level(EnginePorts ports) {
    return new FillLevel(ports.store(), config.storage().warnPercent());
  }

  /**
   * One of several; who leads is found out later.
   *
   * @param patient may wait for other nodes
   */
  ServeWiring.Served member(GroupWiring.Surroundings around, Founding founding, Executor patient)
      throws IOException {
    NodeIdentity identity = data.identity();
    NodeEvents events = new NodeEvents(failStop);
    EnginePorts ports = new EnginePorts(store(events), identity);
    RepairMeter meter = new RepairMeter(System::nanoTime);
    Stocktaking stock = new Stocktaking(ports.store(), level(ports), meter);
    ServeWiring.Clients clients = clients();
    Leadership leadership = new Leadership();
    leadership.tell(leads -> {
      if (leads) {
        clients.leases().restart();
        clients.open().restart();
      }
    });
    GroupWiring.Member member =
        new GroupWiring(data, stock, closing)
            .member(
                source -> new StoreStateMachine(ports, source, leadership, failStop),
                identity.adoption().orElseThrow(),
                around);
    ClusterView view = member.group().view().orElseThrow();
    ReplacementWiring.Made replacing =
        new ReplacementWiring(identity, around.self(), failStop, closing)
            .make(member, ports.store().catalog(), view::seen);
    LogGroup log = new LogGroup(view, member.log(), replacing.replacement()::counting);
    PeerPlane plane =
        closing.add(
            PeerPlane.start(
                dataPlane(),
                new PeerPlane.Parts(
                    new PeerReplica(
                        ports.store(),
                        stock,
                        DriftedReplica.of(
                            ports.store(),
                            new FenceFile(data.root()),
                            failStop,
                            () -> log.handOver(""))),
                    log,
                    new DoorHandshake(member.keeper()),
                    member.news(),
                    config.repair(),
                    meter,
                    failStop)));
    leadership.tell(plane::leadershipChanged);
    leadership.tell(leads -> {
      if (leads && ports.store().fenced().isPresent()) {
        log.handOver(""); // it can neither serve nor state anything
      }
    });
    leadership.tell(replacing.replacement()::leadershipChanged);
    around.peerServices().offer(List.of(member.door(), plane.services()));
    ServeWiring.Served served =
        serving(clients)
            .serve(
                ports,
                plane.staging(),
                events,
                member.group().through(replacing.proposals()),
                new ServeWiring.Elsewhere(
                    plane.self(),
                    new Nowhere(plane::stuck),
                    plane.witnesses(replacing.replacement()::witnesses)),
                ClusterService.member(
                    identity.known(),
                    view,
                    new ClusterService.Operations(
                        founding,
                        new HandOver(member.log()::transferLeadership, view),
                        new HealthStreams(view::health, System::nanoTime),
                        replacing.joining()),
                    patient));
    leadership.tell(leads -> {
      if (!leads) {
        Optional<MemberAddress> leader = view.leader();
        served
            .checkpoints()
            .leadershipLost(
                new NotLeadingException(
                    leader.map(MemberAddress::node).orElse(""),
                    leader.map(MemberAddress::publicAddress)));
      }
    });
    return served;
  }

  /** A group of one has nobody to ask, and nothing to ask for: its log is its own. */
  private record NoMetadata() implements MetadataSource {
    @Override
    public byte[] fetch(long atLeast, Peer leader) throws IOException {
      throw new IOException("this node is alone");
    }

    @Override
    public void close() {}
  }

  private PeerPlaneConfig dataPlane() {
    ReplicationConfig replication = config.replication();
    return new PeerPlaneConfig(
        replication.windowBytes(),
        replication.lagBytesMax(),
        replication.noMajority(),
        replication.allDeadline(),
        SETTLE_MAX,
        config.threads().stage(),
        config.threads().forward());
  }

  private ImageStore store(NodeEvents events) throws IOException {
    return new StoreWiring(config.storage(), events, random, closing).open(data);
  }

  private ServeWiring serving(ServeWiring.Clients clients) {
    return new ServeWiring(config, data.identity(), executors, clients, failStop, closing);
  }

  private static ServeWiring.Clients clients() {
    return new ServeWiring.Clients(
        new Leases(System::nanoTime), new OpenCheckpoints(System::nanoTime));
  }
}
