package io.hydrant.node;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.CheckpointServiceGrpc;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.ImageServiceGrpc;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.ServerServiceGrpc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A node in this process, with real files, on a free port; and a channel to it. */
public final class NodeFixture implements AutoCloseable {
  private static final AtomicLong TOKENS = new AtomicLong(System.nanoTime());

  private final Path directory;
  private final Map<String, String> settings = new HashMap<>();
  private final List<String> faults = new CopyOnWriteArrayList<>();
  private HydrantNode node;
  private ManagedChannel channel;

  public NodeFixture(Path directory, Map<String, String> settings) throws Exception {
    this.directory = directory;
    this.settings.put("data.directory", directory.toString());
    this.settings.put("listen.address", "127.0.0.1:0");
    this.settings.put("storage.segment-bytes", "8m");
    this.settings.put("storage.reserve-bytes", "1m");
    this.settings.putAll(settings);
    this.node = open();
    this.channel = connect(node);
  }

  private HydrantNode open() throws Exception {
    return HydrantNode.start(
        NodeConfig.load(Optional.empty(), Map.of(), settings),
        (what, cause) -> faults.add(what + ": " + cause));
  }

  private static ManagedChannel connect(HydrantNode node) {
    return NettyChannelBuilder.forAddress("127.0.0.1", node.port()).usePlaintext().build();
  }

  /** Stops in order and starts again on the same directory. */
  public void restart() throws Exception {
    close();
    node = open();
    channel = connect(node);
  }

  public Path directory() {
    return directory;
  }

  public HydrantNode node() {
    return node;
  }

  public ManagedChannel channel() {
    return channel;
  }

  public List<String> faults() {
    return faults;
  }

  public ImageServiceGrpc.ImageServiceBlockingStub images() {
    return ImageServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  public CheckpointServiceGrpc.CheckpointServiceBlockingStub checkpoints() {
    return CheckpointServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  public RestoreServiceGrpc.RestoreServiceBlockingStub restores() {
    return RestoreServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  public ServerServiceGrpc.ServerServiceBlockingStub server() {
    return ServerServiceGrpc.newBlockingStub(channel).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  public static ByteString token() {
    return ByteString.copyFrom(
        ByteBuffer.allocate(16).putLong(TOKENS.incrementAndGet()).putLong(1).flip());
  }

  /** A new image with an owner. */
  public TestImage image(String name, int pages) {
    Image image =
        images().createImage(CreateImageRequest.newBuilder().setName(name).build());
    return acquire(image.getUid(), name, pages);
  }

  public TestImage acquire(long uid, String name, int pages) {
    AcquireProtectionResponse owned =
        images()
            .acquireProtection(
                AcquireProtectionRequest.newBuilder()
                    .setImage(ImageRef.newBuilder().setUid(uid))
                    .setAnyEpoch(true)
                    .setOwnerToken(token())
                    .build());
    return new TestImage(uid, name, owned.getEpoch(), pages);
  }

  public static ImageRef ref(TestImage image) {
    return ImageRef.newBuilder().setUid(image.uid()).build();
  }

  /** Writes a full checkpoint of raw pages and returns its id. */
  public long writeFull(TestImage image, long seed) throws InterruptedException {
    WriteStream stream = new WriteStream(channel);
    Draft draft = new Draft(image.pages());
    stream.openFull(1, image);
    for (int first = 0; first < image.pages(); first += 256) {
      int count = Math.min(256, image.pages() - first);
      long[] pages = new long[count];
      for (int i = 0; i < count; i++) {
        pages[i] = first + i;
      }
      stream.batch(1, draft.raw(seed, pages));
    }
    stream.slim(1, draft.slim(new byte[] {1, 2, 3}));
    stream.commit(1, draft.commit());
    stream.next();
    long id = stream.next().getCommitted().getCheckpoint();
    if (id == 0) {
      throw new AssertionError("the full checkpoint was not committed");
    }
    stream.halfClose();
    return id;
  }

  public OpenRestoreResponse openRestore(TestImage image, long checkpoint) {
    return restores()
        .openRestore(
            OpenRestoreRequest.newBuilder()
                .setImage(ref(image))
                .setCheckpoint(checkpoint)
                .setRequestId(token())
                .build());
  }

  /** One request on a stream of its own. */
  public FetchResponse fetch(FetchRequest request) throws InterruptedException {
    return new FetchCalls(channel).fetch(request);
  }

  @Override
  public void close() throws IOException {
    channel.shutdownNow();
    node.close();
  }
}
