package io.hydrant.node;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
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
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.ServerServiceGrpc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** A channel to a node, and the calls that tests make. */
public class NodeClient implements AutoCloseable {
  private static final AtomicLong TOKENS = new AtomicLong(System.nanoTime());

  private ManagedChannel channel;

  public NodeClient(int port) {
    this.channel = connect(port);
  }

  private static ManagedChannel connect(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
  }

  /** Talks to the node at another port from now on. */
  final void reconnect(int port) {
    channel.shutdownNow();
    channel = connect(port);
  }

  public ManagedChannel channel() {
    return channel;
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
    Image image = images().createImage(CreateImageRequest.newBuilder().setName(name).build());
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

  /**
   * Waits until page 7 is what was drawn from a seed. A replica may be a few entries, or a sync,
   * behind the leader.
   */
  void awaitDrawn(OpenRestoreResponse session, long seed) throws InterruptedException {
    FetchRequest request =
        FetchRequest.newBuilder()
            .setToken(session.getToken())
            .setReadClass(ReadClass.READ_CLASS_FAULT)
            .addPage(7)
            .build();
    GroupOfThree.await(
        channel.authority() + " to have it",
        () -> {
          try {
            FetchResponse fetched = fetch(request);
            return fetched.hasPages()
                && fetched.getPages().getData().equals(ByteString.copyFrom(Draft.content(seed, 7)));
          } catch (AssertionError e) {
            // The stream ended: behind, or not here yet.
            return false;
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Override
  public void close() throws IOException {
    channel.shutdownNow();
  }
}
