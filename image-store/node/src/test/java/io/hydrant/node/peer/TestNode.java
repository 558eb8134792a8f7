package io.hydrant.node.peer;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.hydrant.codecs.ZstdPageCodec;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.repair.RepairedTract;
import io.hydrant.engine.repair.SlimState;
import io.hydrant.engine.repair.TractList;
import io.hydrant.engine.replica.DigestReport;
import io.hydrant.engine.replica.DriftCheck;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.Lacking;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.engine.replica.Voters;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.engine.store.TractSet;
import io.hydrant.node.cluster.Introduction;
import io.hydrant.node.cluster.MemberNews;
import io.hydrant.node.config.RepairConfig;
import io.hydrant.peer.v1.HelloRequest;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.testkit.index.MemoryPageIndex;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * One node of a group: a real store and a real data plane on loopback. Its disk can be stopped, and
 * its word withheld, by hand.
 */
final class TestNode implements PeerStore, PeerGroup, AutoCloseable {
  static final String CLUSTER = "cluster";

  private final String name;
  private final Map<String, TestNode> nodes;
  private final ImageStore store;
  private final ExecutorService syncer = Executors.newSingleThreadExecutor();
  private final ExecutorService snapshots = Executors.newSingleThreadExecutor();
  private final ExecutorService publisher = Executors.newSingleThreadExecutor();
  private final ZstdPageCodec codec = new ZstdPageCodec();

  /** Steps as they were taken, to be read back. */
  private final Map<CheckpointKey, List<Frame.Step>> steps = new ConcurrentHashMap<>();

  /** Permits for patches; a node whose disk is stopped has none left. */
  final Semaphore disk = new Semaphore(Integer.MAX_VALUE / 2);

  /** Patches that were taken here, or wait for the disk. */
  final AtomicInteger arrived = new AtomicInteger();

  final List<String> stops = new ArrayList<>();
  final List<DriftCheck.Drift> drifts = new CopyOnWriteArrayList<>();

  /** Instead of what the store says. */
  volatile @Nullable DigestReport digest;

  final List<String> handOvers = new ArrayList<>();
  final AtomicInteger readBack = new AtomicInteger();

  /** So many opens are refused for now. */
  final AtomicInteger putOff = new AtomicInteger();

  /** Before it states anew what it has. */
  volatile Runnable onStateAnew = () -> {};

  /** Where the others look for it; 0: where it is. */
  volatile int reachedAt;

  final CountedSource source;
  final RepairMeter meter = new RepairMeter(System::nanoTime);
  volatile boolean logIsWell = true;
  volatile InventoryView.Space space = new InventoryView.Space(1 << 30, false);
  volatile Durability durability = Durability.QUORUM;
  volatile @Nullable String cluster;
  private @Nullable PeerPlane plane;
  private @Nullable Handshake handshake;
  private @Nullable Server server;
  private int port;
  private long life;

  TestNode(String name, Path directory, GroupLog log, Map<String, TestNode> nodes)
      throws IOException {
    this.name = name;
    this.nodes = nodes;
    Path segments = Files.createDirectories(directory.resolve("segments"));
    Path catalogs = Files.createDirectories(directory.resolve("catalogs"));
    this.store =
        ImageStore.open(
            new ImageStoreConfig(
                new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, name.hashCode())),
                new SegmentLogConfig(32 << 20, 1 << 20, 0, 3),
                ImageStoreConfig.HeapBounds.of(64 << 20, 64 << 20),
                new ImageStoreConfig.SnapshotBounds(64 << 20, 64 << 20, 1_000)),
            new ImageStorePorts(
                new JdkStoreFiles(segments, false),
                new JdkStoreFiles(catalogs, false),
                new MemoryPageIndex(),
                codec,
                new SplittableRandom(name.hashCode()),
                syncer,
                snapshots,
                publisher,
                () -> false,
                event -> {}));
    source = new CountedSource(new LocalRepairSource(name, store));
    log.join(store);
    nodes.put(name, this);
  }

  int port() {
    return port;
  }

  /** How it introduces itself to the others. */
  Handshake handshake() {
    if (handshake == null) {
      throw new IllegalStateException(name + " was never started");
    }
    return handshake;
  }

  /** Starts the data plane in a new life. */
  void start(PeerPlaneConfig config) throws IOException {
    life++;
    HelloRequest hello =
        HelloRequest.newBuilder()
            .setCluster(ByteString.copyFromUtf8(cluster == null ? CLUSTER : cluster))
            .setNode(name)
            .setLife(life)
            .setProtocolMin(Introduction.PROTOCOL_MIN)
            .setProtocolMax(Introduction.PROTOCOL_MAX)
            .build();
    Greetings greetings =
        new Greetings(
            hello,
            nodes::containsKey,
            (node, why) -> {
              synchronized (stops) {
                stops.add("refused by " + node + ": " + why.getMessage());
              }
            });
    handshake = greetings;
    PeerPlane started =
        PeerPlane.start(
            config,
            new PeerPlane.Parts(
                this,
                this,
                greetings,
                new MemberNews(System::nanoTime, InstantSource.system()),
                new RepairConfig(2, 1L << 40, 2),
                meter,
                (what, cause) -> {
                  synchronized (stops) {
                    stops.add(what + ": " + cause);
                  }
                }));
    plane = started;
    ServerServiceDefinition.Builder services =
        ServerServiceDefinition.builder(PeerServiceGrpc.SERVICE_NAME)
            .addMethod(PeerServiceGrpc.getHelloMethod(), greetings.hello());
    started.services().getMethods().forEach(services::addMethod);
    server =
        NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
            .maxInboundMessageSize(PeerPlane.MESSAGE_BYTES_MAX)
            .flowControlWindow(PeerPlane.FLOW_WINDOW_BYTES)
            .addService(services.build())
            .build()
            .start();
    port = server.getPort();
  }

  @Override
  public Digests digests() {
    return new Digests() {
      @Override
      public Optional<DigestReport> last() {
        return Optional.ofNullable(digest).or(store::lastDigest);
      }

      @Override
      public void drifted(DriftCheck.Drift own, long index) {
        drifts.add(own);
      }
    };
  }

  static PeerPlaneConfig patient() {
    return new PeerPlaneConfig(
        48L << 20,
        64L << 20,
        Duration.ofMinutes(10),
        Duration.ofMinutes(10),
        Duration.ofMinutes(10),
        2,
        2);
  }

  ImageStore store() {
    return store;
  }

  @Override
  public String toString() {
    return name;
  }

  PeerPlane plane() {
    if (plane == null) {
      throw new IllegalStateException(name + " is down");
    }
    return plane;
  }

  void stop() {
    if (plane != null) {
      plane.close();
      plane = null;
    }
    if (server != null) {
      server.shutdownNow();
      try {
        server.awaitTermination();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      server = null;
    }
  }

  /** The disk takes no more patches. */
  void stopDisk() {
    disk.drainPermits();
  }

  void startDisk() {
    disk.release(Integer.MAX_VALUE / 2);
  }

  @Override
  public Catalog catalog() {
    return store.catalog();
  }

  @Override
  public Durability durability(ImageId image) {
    return durability;
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    store.admitOpen(open);
  }

  @Override
  public StagedCheckpoint staged(CheckpointKey key, Epoch epoch) throws Refusal {
    return new Recorded(store.staged(key, epoch));
  }

  @Override
  public StagedCheckpoint receive(CheckpointKey key, CheckpointInfo asOpened) throws Refusal {
    if (putOff.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
      throw new Refusal(Rejection.LIMIT_EXCEEDED, key + ": this replica is behind, send again");
    }
    steps.computeIfAbsent(key, _ -> new ArrayList<>()).add(new Frame.Step.Open(asOpened, 0));
    return new Recorded(store.staged(key, asOpened.epoch()));
  }

  @Override
  public Optional<Frame.Step> frame(CheckpointKey key, long sequence) {
    readBack.incrementAndGet();
    if (sequence == 0) {
      return Optional.ofNullable(
              catalog().image(key.image()).orElseThrow().open().get(key.checkpoint()))
          .map(opened -> new Frame.Step.Open(opened, 0));
    }
    List<Frame.Step> taken = steps.getOrDefault(key, List.of());
    synchronized (taken) {
      return sequence <= taken.size()
          ? Optional.of(taken.get((int) sequence - 1))
          : Optional.empty();
    }
  }

  @Override
  public CompletableFuture<Command.Content> stateAnew(
      CheckpointKey key, Epoch epoch, Command.Content claimed) throws Refusal, IOException {
    onStateAnew.run();
    return store.staged(key, epoch).finish(claimed);
  }

  @Override
  public FrozenCatalog frozenCatalog() throws IOException {
    return store.frozenCatalog();
  }

  @Override
  public PageCopies copies() {
    return store.copies();
  }

  @Override
  public RepairSource repairSource() {
    return source;
  }

  @Override
  public RepairStep repairStep(RepairStep.Surroundings surroundings, Predicate<CheckpointKey> due) {
    return new RepairStep(store, surroundings, due);
  }

  @Override
  public Optional<String> leader() {
    return Optional.of("n1");
  }

  @Override
  public void flushRepairs() {
    store.flushRepairs();
  }

  @Override
  public InventoryView inventory(PeerLife self) {
    return new InventoryView(
        self,
        store.applied().index(),
        store.applied().index(),
        Lacking.NOTHING,
        1_000,
        space,
        RepairProgress.NONE);
  }

  @Override
  public Voters voters() {
    return Voters.of(nodes.keySet());
  }

  @Override
  public List<PeerAddress> others() {
    return nodes.values().stream()
        .filter(node -> node != this && node.port != 0)
        .map(node ->
            new PeerAddress(
                node.name, "127.0.0.1", node.reachedAt == 0 ? node.port : node.reachedAt))
        .toList();
  }

  @Override
  public CompletableFuture<Long> current() {
    return logIsWell
        ? CompletableFuture.completedFuture(1L)
        : CompletableFuture.failedFuture(new IOException("no majority answers"));
  }

  @Override
  public void handOver(String node) {
    synchronized (handOvers) {
      handOvers.add(node);
    }
  }

  @Override
  public void close() throws IOException {
    startDisk();
    stop();
    store.close();
    syncer.shutdown();
    publisher.shutdown();
    snapshots.shutdown();
    codec.close();
  }

  /** Waits for the disk, and keeps what it takes. */
  private final class Recorded implements StagedCheckpoint {
    private final StagedCheckpoint staged;
    private final List<Frame.Step> taken;

    Recorded(StagedCheckpoint staged) {
      this.staged = staged;
      this.taken = steps.computeIfAbsent(staged.key(), _ -> new ArrayList<>());
    }

    private void keep(Frame.Step step) {
      synchronized (taken) {
        taken.add(step);
      }
    }

    @Override
    public CheckpointKey key() {
      return staged.key();
    }

    @Override
    public void patch(int region, int tract, PageTable table, ByteBuffer payload)
        throws Refusal, IOException {
      arrived.incrementAndGet();
      disk.acquireUninterruptibly();
      staged.patch(region, tract, table, payload);
      keep(new Frame.Step.Batch(region, tract, table, payload, Optional.empty()));
    }

    @Override
    public void zeroTracts(int region, long firstTract, long count) throws Refusal, IOException {
      staged.zeroTracts(region, firstTract, count);
      keep(new Frame.Step.ZeroTracts(region, firstTract, count));
    }

    @Override
    public void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal, IOException {
      staged.slim(offset, checksum, bytes);
      keep(new Frame.Step.Slim(offset, checksum, bytes));
    }

    @Override
    public int patches() {
      return staged.patches();
    }

    @Override
    public CompletableFuture<Integer> durable(int patches) {
      return staged.durable(patches);
    }

    @Override
    public CompletableFuture<Command.Content> finish(Command.Content claimed)
        throws Refusal, IOException {
      CompletableFuture<Command.Content> own = staged.finish(claimed);
      keep(new Frame.Step.Finish(claimed));
      return own;
    }
  }

  /** Counts what is asked for, and may act on it. */
  static final class CountedSource implements RepairSource {
    private final RepairSource source;
    final AtomicInteger tracts = new AtomicInteger();
    volatile IntConsumer onTract = count -> {};

    CountedSource(RepairSource source) {
      this.source = source;
    }

    @Override
    public String node() {
      return source.node();
    }

    @Override
    public TractList list(CheckpointKey asOf, TractSet only) throws RepairRefusal, IOException {
      return source.list(asOf, only);
    }

    @Override
    public RepairedTract tract(CheckpointKey asOf, int region, int tract, BitSet have)
        throws RepairRefusal, IOException {
      onTract.accept(tracts.incrementAndGet());
      return source.tract(asOf, region, tract, have);
    }

    @Override
    public RepairedTract part(CheckpointKey asOf, int region, int tract, BitSet have)
        throws RepairRefusal, IOException {
      onTract.accept(tracts.incrementAndGet());
      return source.part(asOf, region, tract, have);
    }

    @Override
    public SlimState slim(CheckpointKey asOf) throws RepairRefusal, IOException {
      return source.slim(asOf);
    }
  }
}
