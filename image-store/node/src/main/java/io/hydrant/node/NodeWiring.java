package io.hydrant.node;

import io.hydrant.codecs.ZstdPageCodec;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.index.rocksdb.RocksDbIndexConfig;
import io.hydrant.index.rocksdb.RocksDbPageIndex;
import io.hydrant.node.api.CallExecutors;
import io.hydrant.node.api.ImageService;
import io.hydrant.node.api.ServerService;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.data.DataDirectory;
import io.hydrant.node.data.DataDirectory.Part;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.housekeeping.Housekeeping;
import io.hydrant.node.housekeeping.HousekeepingLoop;
import io.hydrant.node.housekeeping.SnapshotNudge;
import io.hydrant.node.ingest.CheckpointService;
import io.hydrant.node.ingest.OpenCheckpoints;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Proposals;
import io.hydrant.node.replication.Replication;
import io.hydrant.node.replication.StoreStateMachine;
import io.hydrant.node.restore.Leases;
import io.hydrant.node.restore.RestoreService;
import io.hydrant.raftlog.RaftLog;
import io.hydrant.raftlog.RaftLogConfig;
import io.hydrant.raftlog.ratis.RatisRaftLog;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The one place where the real parts are made and put together, from the disk up. */
final class NodeWiring {
  /** A group of one leads as soon as its log is read; longer than the slowest disk takes. */
  private static final Duration LEADER_WAIT_MAX = Duration.ofSeconds(60);

  private final NodeConfig config;
  private final FailStop failStop;
  private final ClosingOrder closing = new ClosingOrder();
  private final SecureRandom random = new SecureRandom();
  private final CountDownLatch leading = new CountDownLatch(1);
  private final Leases leases = new Leases(System::nanoTime);
  private final OpenCheckpoints open = new OpenCheckpoints(System::nanoTime);

  private NodeWiring(NodeConfig config, FailStop failStop) {
    this.config = config;
    this.failStop = failStop;
  }

  /** A node that serves: what is to be closed, in order, and where it listens. */
  record Wired(ClosingOrder closing, GrpcEndpoint endpoint, CheckpointService checkpoints) {}

  static Wired start(NodeConfig config, FailStop failStop) throws IOException {
    NodeWiring wiring = new NodeWiring(config, failStop);
    try {
      return wiring.start();
    } catch (IOException | RuntimeException e) {
      try {
        wiring.closing.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private Wired start() throws IOException {
    DataDirectory data = closing.add(DataDirectory.open(config.dataDirectory(), random));
    NodeEvents events = new NodeEvents(failStop);
    ImageStore store = closing.add(store(data, events));
    Replication replication = replication(data, store);
    return serve(data.identity(), store, events, replication);
  }

  private ImageStore store(DataDirectory data, NodeEvents events) throws IOException {
    ZstdPageCodec codec = closing.add(new ZstdPageCodec());
    ExecutorService syncer = closing.add(oneThread("hydrant-sync"));
    ExecutorService snapshots = closing.add(oneThread("hydrant-snapshot"));
    ExecutorService publisher = closing.add(oneThread("hydrant-publish"));
    RocksDbPageIndex index =
        RocksDbPageIndex.open(data.part(Part.INDEX), RocksDbIndexConfig.DEFAULT);
    try {
      return ImageStore.open(
          config.storage().forStore(data.identity().store()),
          new ImageStorePorts(
              new JdkStoreFiles(data.part(Part.SEGMENTS), config.storage().directWrites()),
              new JdkStoreFiles(data.part(Part.CATALOG), false),
              index,
              codec,
              random,
              syncer,
              snapshots,
              publisher,
              events));
    } catch (IOException | RuntimeException e) {
      index.close();
      throw e;
    }
  }

  private Replication replication(DataDirectory data, ImageStore store) throws IOException {
    NodeIdentity identity = data.identity();
    StoreStateMachine machine =
        new StoreStateMachine(
            new EnginePorts(store, identity.node()), this::leadershipChanged, failStop);
    RaftLog log =
        closing.add(
            RatisRaftLog.open(
                // Beside the identity file, which is not the log's.
                RaftLogConfig.single(
                    data.part(Part.RAFT).resolve("log"), identity.store().group(), identity.node()),
                machine));
    awaitLeadership();
    return new Replication(log, InstantSource.system(), new RequestId(identity.store().store()));
  }

  private void leadershipChanged(boolean leader, long term) {
    if (leader) {
      leases.restart();
      leading.countDown();
    }
  }

  private void awaitLeadership() throws IOException {
    try {
      if (!leading.await(LEADER_WAIT_MAX.toMillis(), TimeUnit.MILLISECONDS)) {
        throw new IOException(
            "the replicated log in %s did not become ready within %s: its log messages say why"
                .formatted(config.dataDirectory(), LEADER_WAIT_MAX));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while starting", e);
    }
  }

  private Wired serve(
      NodeIdentity identity, ImageStore store, NodeEvents events, Proposals proposals)
      throws IOException {
    EnginePorts ports = new EnginePorts(store, identity.node());
    CallExecutors executors = closing.add(new CallExecutors(config.threads()));
    CheckpointService checkpoints =
        CheckpointService.of(
            config.ingest(),
            new CheckpointService.Replica(ports, store.catalog(), proposals, failStop),
            open,
            executors.ingest());
    RestoreService restores =
        RestoreService.of(
            config.restore(),
            new RestoreService.Replica(ports, store.catalog(), proposals),
            leases,
            executors);
    closing.add(HousekeepingLoop.start(steps(store, proposals, checkpoints), failStop));
    Map<String, Long> limits = NodeLimits.of(config);
    ServerService server =
        new ServerService(
            identity.store(),
            limits,
            proposals,
            new NodeStats(store, events, checkpoints, restores),
            System::nanoTime);
    GrpcEndpoint endpoint =
        closing.add(
            GrpcEndpoint.start(
                config.listen(),
                executors,
                List.of(
                    new ImageService(store.catalog(), proposals, executors.api()),
                    restores,
                    server),
                checkpoints.definition()));
    return new Wired(closing, endpoint, checkpoints);
  }

  private List<Runnable> steps(
      ImageStore store, Proposals proposals, CheckpointService checkpoints) {
    Housekeeping housekeeping =
        new Housekeeping(
            store.catalog(), proposals, leases, open, config.ingest().silence(), System::nanoTime);
    SnapshotNudge nudge = new SnapshotNudge(proposals, store::snapshotDue, System::nanoTime);
    return List.of(housekeeping::step, nudge::step, checkpoints::nudge);
  }

  private static ExecutorService oneThread(String name) {
    return Executors.newSingleThreadExecutor(
        task -> Thread.ofPlatform().name(name).daemon().unstarted(task));
  }
}
