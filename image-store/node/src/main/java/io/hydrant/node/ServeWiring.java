package io.hydrant.node;

import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ScrubFinding;
import io.hydrant.node.api.CallExecutors;
import io.hydrant.node.api.ClusterService;
import io.hydrant.node.api.ImageService;
import io.hydrant.node.api.ScrubService;
import io.hydrant.node.api.ServerService;
import io.hydrant.node.api.SpaceCalls;
import io.hydrant.node.cleaning.CleaningLoop;
import io.hydrant.node.cluster.ClusterView;
import io.hydrant.node.config.CleaningConfig;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.node.damage.CopyWitnesses;
import io.hydrant.node.damage.DamageRounds;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.housekeeping.DigestRounds;
import io.hydrant.node.housekeeping.Housekeeping;
import io.hydrant.node.housekeeping.HousekeepingLoop;
import io.hydrant.node.housekeeping.SnapshotNudge;
import io.hydrant.node.ingest.CheckpointService;
import io.hydrant.node.ingest.OpenCheckpoints;
import io.hydrant.node.ingest.Quotas;
import io.hydrant.node.ingest.Staging;
import io.hydrant.node.ingest.WithinQuota;
import io.hydrant.node.pace.IngestBrake;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Proposals;
import io.hydrant.node.restore.Leases;
import io.hydrant.node.restore.RestoreService;
import io.hydrant.node.scrub.ScrubLoop;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Puts together what clients are served with, and what is done from time to time. */
record ServeWiring(
    NodeConfig config,
    NodeIdentity identity,
    CallExecutors executors,
    Clients clients,
    FailStop failStop,
    ClosingOrder closing) {
  /** Who is known to be alive. */
  record Clients(Leases leases, OpenCheckpoints open) {}

  /**
   * What is known of the other members' copies.
   *
   * @param self this node, in this life
   * @param nowhere whether nobody else that can be asked has good bytes of something
   */
  record Elsewhere(PeerLife self, Predicate<ScrubFinding> nowhere, CopyWitnesses witnesses) {}

  /** What a node offers to clients. */
  record Served(
      List<ServerServiceDefinition> services,
      CheckpointService checkpoints,
      ScrubService scrubs,
      ClusterService cluster) {
    /** Ends all streams of clients. */
    void shutDown() {
      checkpoints.shutDown();
      cluster.shutDown();
      scrubs.shutDown();
    }
  }

  /**
   * @param ports the store
   * @param staging where bytes go, in this group
   * @param elsewhere what others have
   */
  Served serve(
      EnginePorts ports,
      Staging staging,
      NodeEvents events,
      GroupWiring.Group group,
      Elsewhere elsewhere,
      ClusterService cluster)
      throws IOException {
    ImageStore store = ports.store();
    Proposals proposals = group.proposals();
    CheckpointService checkpoints =
        CheckpointService.of(
            config.ingest(),
            new CheckpointService.Replica(
                new WithinQuota(
                    staging,
                    new Quotas(
                        store.catalog(), store.space(), executors.space(), System::nanoTime)),
                store.catalog(),
                proposals,
                brake(store),
                failStop),
            clients.open(),
            executors.ingest());
    RestoreService restores =
        RestoreService.of(
            config.restore(),
            new RestoreService.Replica(ports, store.catalog(), proposals),
            clients.leases(),
            executors);
    closing.add(CleaningLoop.start(store, config.cleaning(), executors::isBusy, failStop));
    ScrubLoop scrub = closing.add(ScrubLoop.start(scrub(store, events)));
    ScrubService scrubs =
        new ScrubService(scrub, store.catalog(), elsewhere.nowhere(), System::nanoTime);
    List<Runnable> steps = new ArrayList<>(steps(store, group, checkpoints, cluster));
    steps.add(scrubs::step);
    closing.add(HousekeepingLoop.start(steps, failStop));
    DamageRounds damage =
        new DamageRounds(
            elsewhere.self(), store.copies(), elsewhere.witnesses(), proposals, System::nanoTime);
    closing.add(HousekeepingLoop.startReading("hydrant-damage", damage::step, failStop));
    closing.add(elsewhere.witnesses()); // before the loop, which would wait for them
    Map<String, Long> limits = NodeLimits.of(config);
    ServerService server =
        new ServerService(
            identity.known(),
            limits,
            proposals,
            group.view(),
            new NodeStats(store, events, checkpoints, restores, scrub, group),
            new SpaceCalls(
                identity.node(),
                store,
                new FillLevel(store, config.storage().warnPercent()),
                System::nanoTime),
            executors.space(),
            System::nanoTime);
    List<BindableService> services =
        List.of(
            new ImageService(
                store.catalog(), proposals, restores.takeOverSessions(), executors.api()),
            restores,
            server,
            scrubs,
            cluster);
    List<ServerServiceDefinition> definitions =
        new ArrayList<>(ServiceSwitch.definitions(services));
    definitions.add(checkpoints.definition());
    return new Served(definitions, checkpoints, scrubs, cluster);
  }

  private IngestBrake brake(ImageStore store) throws IOException {
    long deviceBytes =
        store.cleaner().look().map(now -> now.allocatedBytes() + now.roomBytes()).orElse(0L);
    CleaningConfig cleaning = config.cleaning();
    IngestBrake.Room room =
        new IngestBrake.Room() {
          @Override
          public long bytes() throws IOException {
            return store.roomBytes();
          }

          @Override
          public boolean isGrowing() {
            return store.cleaner().isGaining();
          }
        };
    return new IngestBrake(
        room, cleaning.slowBytes(deviceBytes), cleaning.bytesPerSecond(), System::nanoTime);
  }

  private ScrubLoop.Parts scrub(ImageStore store, NodeEvents events) {
    return new ScrubLoop.Parts(
        store.scrubber(),
        config.scrub(),
        config.dataDirectory(),
        () -> store.pagesRead() + events.syncedBytes(),
        InstantSource.system(),
        failStop);
  }

  private List<Runnable> steps(
      ImageStore store,
      GroupWiring.Group group,
      CheckpointService checkpoints,
      ClusterService cluster) {
    Proposals proposals = group.proposals();
    Housekeeping housekeeping =
        new Housekeeping(
            store.catalog(),
            proposals,
            clients.leases(),
            clients.open(),
            config.ingest().silence(),
            new Housekeeping.Time(
                System::nanoTime,
                InstantSource.system()::millis,
                () -> group.view().map(ClusterView::clockOffMillis).orElse(0L)));
    SnapshotNudge nudge = new SnapshotNudge(proposals, store::snapshotDue, System::nanoTime);
    DigestRounds digests =
        new DigestRounds(
            proposals,
            () -> store.applied().index(),
            group.view().isPresent() ? config.cluster().digestEvery() : Duration.ZERO,
            System::nanoTime);
    return List.of(
        housekeeping::step, nudge::step, digests::step, checkpoints::nudge, cluster::nudge);
  }
}
