package io.hydrant.node.peer;

import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.StoredVersion;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.node.cluster.MemberNews;
import io.hydrant.node.config.RepairConfig;
import io.hydrant.node.damage.CopyWitnesses;
import io.hydrant.node.ingest.Staging;
import io.hydrant.node.pace.CalmWatch;
import io.hydrant.node.pace.YieldingPace;
import io.hydrant.node.replication.FailStop;
import io.hydrant.peer.v1.HelloRequest;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data plane of one node: serves its peers, is connected to all of them, and while this replica
 * leads sends them what is staged here.
 *
 * <pre>
 * CheckpointStream - ForwardedCheckpoint -+- StagedCheckpoint here
 *                                         +- LeaderStreams - PeerLink n2 - Stage - StageReceiver
 *                                                          - PeerLink n3 - ...
 *                    LeaderStreams (holders) ------------------- Stated ---------+
 * </pre>
 *
 * Threads: hydrant-stage receives and appends, hydrant-restate reads again what an earlier life
 * left behind, hydrant-forward sends and hears, hydrant-serve reads for peers that lack something,
 * hydrant-peer counts the time: none of these waits for a peer. hydrant-repair does: it fetches
 * what is lacking here. So does who asks the {@link #witnesses}.
 */
public final class PeerPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerPlane.class);

  private static final long TICK_MILLIS = 50;

  /** Ticks between two inventories: 250 ms. */
  private static final int INVENTORY_TICKS = 5;

  /** Bytes of a stream, and of a connection, that may be under way: several batches. */
  public static final int FLOW_WINDOW_BYTES = 4 << 20;

  /** Of one message between nodes. */
  public static final int MESSAGE_BYTES_MAX = PeerMethods.MESSAGE_BYTES_MAX;

  /** For peers that lack something: what they ask for is read by one while the other is sent. */
  private static final int SERVE_THREADS = 2;

  /** The disk is one; a small checkpoint does not wait for a large one. */
  private static final int RESTATE_THREADS = 2;

  private static final int CLOSE_SECONDS = 3;

  private final PeerGroup group;
  private final PeerLife self;
  private final PeerStore store;
  private final MemberNews news;
  private final LeaderStreams leader;
  private final GroupStaging staging;
  private final Receptions receptions;
  private final DriftWatch drift;
  private final PeerLink.Shared shared;
  private final ThreadPoolExecutor stagePool;
  private final ExecutorService restatePool;
  private final ExecutorService servePool;
  private final ExecutorService forwardPool;
  private final ScheduledExecutorService timer;
  private final ServerServiceDefinition services;
  private final RepairSources sources;
  private final RepairLoop repair;
  private final int repairThreads;
  private final Map<String, PeerLink> links = new ConcurrentHashMap<>();
  private final CommitWaits waits;
  private volatile boolean leading;
  private int ticks;

  private PeerPlane(PeerPlaneConfig config, Parts parts) {
    this.group = parts.group();
    HelloRequest hello = parts.handshake().self();
    this.self = new PeerLife(hello.getNode(), hello.getLife());
    this.store = parts.store();
    this.news = parts.news();
    this.stagePool = pool("hydrant-stage", config.stageThreads());
    this.restatePool = pool("hydrant-restate", RESTATE_THREADS);
    this.servePool = pool("hydrant-serve", SERVE_THREADS);
    this.forwardPool = pool("hydrant-forward", config.forwardThreads());
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().name("hydrant-peer").daemon().unstarted(task));
    this.leader = new LeaderStreams(self, config, store, group, news, System::nanoTime);
    this.staging = new GroupStaging(store, leader, () -> store.catalog().applied().index());
    this.receptions = new Receptions(store, parts.failStop(), stagePool);
    RepairConfig repairs = parts.repair();
    YieldingPace pace = new YieldingPace(repairs.bytesPerSecond(), System.nanoTime());
    this.waits = new CommitWaits(pace, leader::commitWait, System::nanoTime);
    this.drift = new DriftWatch(self.node(), store.digests(), group::voters, news);
    this.shared =
        new PeerLink.Shared(
            self,
            parts.handshake(),
            store,
            leader,
            news,
            drift,
            waits,
            System::nanoTime,
            cause -> parts.failStop().stop("reading staged records back failed", cause));
    PeerService service =
        new PeerService(
            self,
            new PeerService.Parts(
                store,
                receptions,
                news,
                new FetchService(store, servePool),
                drift,
                waits,
                parts.failStop()),
            stagePool,
            restatePool);
    this.sources =
        new RepairSources(
            group, parts.handshake(), this::seen, repairs.sourcesMax(), System::nanoTime);
    this.repairThreads = repairs.threads();
    this.repair =
        new RepairLoop(
            store.repairStep(sources, key -> !receptions.isOnItsWay(key)),
            new RepairLoop.Parts(
                sources,
                parts.meter(),
                pace,
                () -> !stagePool.getQueue().isEmpty(),
                store::flushRepairs,
                parts.failStop()));
    this.services =
        ServerInterceptors.intercept(
            PeerMethods.definition(service), new CallIdentity(parts.handshake()));
  }

  /**
   * The parts of the node that the data plane works with.
   *
   * @param news gets what the members say of themselves
   * @param meter hears of what is repaired
   */
  public record Parts(
      PeerStore store,
      PeerGroup group,
      Handshake handshake,
      MemberNews news,
      RepairConfig repair,
      RepairMeter meter,
      FailStop failStop) {}

  /**
   * Connects to the others; not leading before {@link #leadershipChanged} says so. Who made it
   * offers {@link #services} on the peers' port.
   */
  public static PeerPlane start(PeerPlaneConfig config, Parts parts) {
    PeerPlane plane = new PeerPlane(config, parts);
    plane.leader.to(plane.new Links());
    plane.repair.start(plane.repairThreads);
    plane.timer.scheduleWithFixedDelay(plane::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    return plane;
  }

  private static ThreadPoolExecutor pool(String name, int threads) {
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        Thread.ofPlatform().name(name + "-", 1).daemon().factory(),
        // After the close, connections still say that they end.
        new ThreadPoolExecutor.DiscardPolicy());
  }

  /**
   * Stage, AskStated, Exchange and what peers fetch, for the server of the peers' port, which must
   * take messages of {@link #MESSAGE_BYTES_MAX} and should have a window of {@link
   * #FLOW_WINDOW_BYTES}.
   */
  public ServerServiceDefinition services() {
    return services;
  }

  /** For the way in: what is staged here goes to all. */
  public Staging staging() {
    return staging;
  }

  /** What every other member that is there said last of what it has and lacks. */
  public Map<String, InventoryView> seen() {
    Map<String, InventoryView> others = new TreeMap<>(news.seen());
    others.remove(self.node());
    return others;
  }

  /** As {@link LeaderStreams#commitWait}. */
  CalmWatch.Word commitWait() {
    return leader.commitWait();
  }

  /** From the log; any thread; does not block. */
  public void leadershipChanged(boolean leads) {
    leading = leads;
    if (leads) {
      leader.lead();
    } else {
      leader.stop();
    }
    links.values().forEach(link -> link.lead(leads));
  }

  private void tick() {
    try {
      long now = System.nanoTime();
      connect(now);
      links.values().forEach(link -> link.tick(now));
      leader.tick();
      if (ticks++ % INVENTORY_TICKS == 0) {
        news.heard(store.inventory(self));
        links.values().forEach(PeerLink::tellInventory);
        drift.step();
        waits.hearOneself();
        receptions.nudge();
        staging.tidy();
      }
    } catch (RuntimeException e) {
      LOG.error("a step of the timer failed", e);
    }
  }

  /** Follows the group's configuration. */
  private void connect(long now) {
    Set<String> gone = new HashSet<>(links.keySet());
    for (PeerAddress address : group.others()) {
      PeerLink known = links.get(address.node());
      if (known == null || !known.address().equals(address)) {
        if (known != null) {
          known.close();
        }
        PeerLink link = new PeerLink(address, shared, forwardPool, now);
        links.put(address.node(), link);
        leader.underWay().forEach(link::available);
        link.lead(leading);
      }
      gone.remove(address.node());
    }
    for (String node : gone) {
      PeerLink link = links.remove(node);
      if (link != null) {
        link.close();
      }
    }
  }

  /** What this replica lacks, or has bad, that no other gave when it was asked last. */
  public List<RepairPlan.Task> stuck() {
    return repair.stuck();
  }

  /**
   * The other members, as they are asked for what they have of pages that are bad.
   *
   * @param needed whose word is needed
   */
  public CopyWitnesses witnesses(Supplier<Set<String>> needed) {
    return new CopyWitnesses() {
      @Override
      public Collection<Told> ask(List<StoredVersion> versions, Optional<StoredVersion> after) {
        return sources.copies(versions, after);
      }

      @Override
      public Collection<PeerLife> lives() {
        return seen().values().stream().map(InventoryView::peer).toList();
      }

      @Override
      public Set<String> needed() {
        return needed.get();
      }

      @Override
      public void close() {
        sources.close();
      }
    };
  }

  /** This node, in this life. */
  public PeerLife self() {
    return self;
  }

  @Override
  public void close() {
    repair.close();
    timer.shutdownNow();
    await(timer);
    leader.stop();
    links.values().forEach(PeerLink::close);
    stagePool.shutdown();
    await(stagePool);
    restatePool.shutdown();
    await(restatePool);
    servePool.shutdown();
    await(servePool);
    forwardPool.shutdown();
    await(forwardPool);
  }

  private static void await(ExecutorService pool) {
    try {
      if (!pool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("a thread of {} does not end", pool);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** All links together, as the leader's side sees them. */
  private final class Links implements LeaderStreams.Peers {
    @Override
    public void available(Forwarding forwarding) {
      links.values().forEach(link -> link.available(forwarding));
    }

    @Override
    public void ask(Forwarding forwarding) {
      links.forEach((node, link) -> {
        if (!forwarding.hasAnswered(node)) {
          link.askStated(forwarding);
        }
      });
    }

    @Override
    public void forget(CheckpointKey key) {
      links.values().forEach(link -> link.forget(key));
    }

    @Override
    public boolean isFeeding(CheckpointKey key) {
      return links.values().stream().anyMatch(link -> link.isFeeding(key));
    }

    @Override
    public boolean isThere(String node) {
      PeerLink link = links.get(node);
      return link != null && link.isUp();
    }
  }
}
