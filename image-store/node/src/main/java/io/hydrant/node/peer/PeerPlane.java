package io.hydrant.node.peer;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.ServerInterceptors;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.node.ingest.Staging;
import io.hydrant.node.replication.FailStop;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.PeerServiceGrpc;
import java.io.IOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
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
 * Threads: hydrant-stage receives and appends, hydrant-forward sends and hears, hydrant-peer counts
 * the time. None waits for a peer.
 */
public final class PeerPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PeerPlane.class);

  private static final long TICK_MILLIS = 50;

  /** Ticks between two inventories: 250 ms. */
  private static final int INVENTORY_TICKS = 5;

  private static final int FLOW_WINDOW_BYTES = 4 << 20;
  private static final int CLIENT_KEEP_ALIVE_SECONDS_MIN = 5;
  private static final int CLOSE_SECONDS = 3;

  private final PeerGroup group;
  private final Inventories inventories = new Inventories();
  private final LeaderStreams leader;
  private final GroupStaging staging;
  private final Receptions receptions;
  private final PeerLink.Shared shared;
  private final ExecutorService stagePool;
  private final ExecutorService forwardPool;
  private final ScheduledExecutorService timer;
  private final Server server;
  private final Map<String, PeerLink> links = new ConcurrentHashMap<>();
  private volatile boolean leading;
  private int ticks;

  private PeerPlane(PeerPlaneConfig config, Parts parts) {
    this.group = parts.group();
    HelloRequest hello = parts.handshake().self();
    PeerLife self = new PeerLife(hello.getNode(), hello.getLife());
    this.stagePool = pool("hydrant-stage", config.threads());
    this.forwardPool = pool("hydrant-forward", config.threads());
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            task -> Thread.ofPlatform().name("hydrant-peer").daemon().unstarted(task));
    PeerStore store = parts.store();
    this.leader = new LeaderStreams(self, config, store, group, inventories, System::nanoTime);
    this.staging = new GroupStaging(store, leader, () -> store.inventory(self).applied());
    this.receptions = new Receptions(store, parts.failStop(), stagePool);
    this.shared =
        new PeerLink.Shared(
            self,
            parts.handshake(),
            store,
            leader,
            inventories,
            System::nanoTime,
            cause -> parts.failStop().stop("reading staged records back failed", cause));
    CallIdentity identity = new CallIdentity();
    PeerService service =
        new PeerService(
            self,
            new PeerService.Parts(
                store, parts.handshake(), identity, receptions, inventories, parts.failStop()),
            stagePool);
    this.server =
        NettyServerBuilder.forAddress(config.listen())
            .executor(forwardPool)
            .callExecutor(
                new ServerCallExecutorSupplier() {
                  @Override
                  public <Q, A> Executor getExecutor(ServerCall<Q, A> call, Metadata headers) {
                    String method = call.getMethodDescriptor().getFullMethodName();
                    return method.equals(PeerServiceGrpc.getStageMethod().getFullMethodName())
                        ? stagePool
                        : forwardPool;
                  }
                })
            .maxInboundMessageSize(PeerMethods.MESSAGE_BYTES_MAX)
            .flowControlWindow(FLOW_WINDOW_BYTES)
            .permitKeepAliveTime(CLIENT_KEEP_ALIVE_SECONDS_MIN, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(ServerInterceptors.intercept(PeerMethods.definition(service), identity))
            .build();
  }

  /** The parts of the node that the data plane works with. */
  public record Parts(PeerStore store, PeerGroup group, Handshake handshake, FailStop failStop) {}

  /**
   * Serves and connects; not leading before {@link #leadershipChanged} says so.
   *
   * @throws IOException if the address cannot be bound
   */
  public static PeerPlane start(PeerPlaneConfig config, Parts parts) throws IOException {
    PeerPlane plane = new PeerPlane(config, parts);
    plane.leader.to(plane.new Links());
    try {
      plane.server.start();
    } catch (IOException e) {
      plane.close();
      throw new IOException(
          "cannot listen for peers on %s: another process may use it (cluster.peer-address)"
              .formatted(config.listen()),
          e);
    }
    plane.timer.scheduleWithFixedDelay(plane::tick, 0, TICK_MILLIS, TimeUnit.MILLISECONDS);
    return plane;
  }

  private static ExecutorService pool(String name, int threads) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        task ->
            Thread.ofPlatform()
                .name(name + "-" + number.incrementAndGet())
                .daemon()
                .unstarted(task),
        // After the close, connections still say that they end.
        new ThreadPoolExecutor.DiscardPolicy());
  }

  /** Where it listens. */
  public int port() {
    return server.getPort();
  }

  /** For the way in: what is staged here goes to all. */
  public Staging staging() {
    return staging;
  }

  /** What every other member said last of what it has and lacks. */
  public Map<String, InventoryView> seen() {
    return inventories.seen();
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
      if (++ticks % INVENTORY_TICKS == 0) {
        links.values().forEach(PeerLink::tellInventory);
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
      links.remove(node).close();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
    leader.stop();
    links.values().forEach(PeerLink::close);
    server.shutdownNow();
    stagePool.shutdown();
    try {
      server.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
      stagePool.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    forwardPool.shutdown();
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
  }
}
