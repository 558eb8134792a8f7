package io.hydrant.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.BeginRestoreRequest;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.DeleteImageRequest;
import io.hydrant.v1.Durability;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.GetSpaceRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.ImageServiceGrpc;
import io.hydrant.v1.ImageSpace;
import io.hydrant.v1.ListCheckpointsRequest;
import io.hydrant.v1.ListImagesRequest;
import io.hydrant.v1.ListImagesResponse;
import io.hydrant.v1.NameCheckpointRequest;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import io.hydrant.v1.ReleaseNameRequest;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.Retention;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.ServerServiceGrpc;
import io.hydrant.v1.SetQuotaRequest;
import io.hydrant.v1.SetRetentionRequest;
import io.hydrant.v1.Space;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import io.hydrant.v1.TakeOverRestore;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A client of one store: of one server, or of a group of them. Of a group, it finds the leader by
 * itself and goes on with another member when one is lost. Demand fetches have a connection of
 * their own, so that they never wait behind checkpoints or prefetched pages.
 *
 * <p>Calls repeat themselves while no server can answer, within {@link Deadlines#call}; all of them
 * may be repeated safely (ids made by the client go with them). They throw {@link
 * HydrantException}.
 *
 * <p>Safe for use by several threads.
 */
public final class HydrantClient implements AutoCloseable {
  /** Of request ids and owner tokens. */
  private static final int ID_BYTES = 16;

  /** As much as a connection of 10 GB/s and 1 ms keeps in flight. */
  private static final int FLOW_CONTROL_BYTES = 8 << 20;

  /**
   * Finds a peer that vanished without a goodbye, instead of after the kernel's quarter of an hour.
   * A server permits a ping every 5 seconds.
   */
  private static final int KEEP_ALIVE_SECONDS = 10;

  private static final int KEEP_ALIVE_TIMEOUT_SECONDS = 5;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final Connections connections;
  private final UnaryCalls calls;

  HydrantClient(Connections connections) {
    this.connections = connections;
    this.calls = new UnaryCalls(connections);
  }

  /** Makes a client; connects when it is first used. */
  public static HydrantClient connect(ClientConfig config) {
    return new HydrantClient(new Connections(config, members(config)));
  }

  static Members members(ClientConfig config) {
    return new Members(
        config.endpoints(),
        config::allows,
        server -> new Member(server, channel(config, server), channel(config, server)));
  }

  private static ManagedChannel channel(ClientConfig config, Endpoint endpoint) {
    // Retries are ours: gRPC's would keep copies of messages and hide what may have happened.
    return NettyChannelBuilder.forAddress(endpoint.host(), endpoint.port())
        .usePlaintext()
        .disableRetry()
        .directExecutor()
        .flowControlWindow(FLOW_CONTROL_BYTES)
        .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
        .keepAliveTimeout(KEEP_ALIVE_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        .maxInboundMessageSize(config.budgets().messageBytesMax())
        .build();
  }

  /** An image by its uid. */
  public static ImageRef uid(long uid) {
    return ImageRef.newBuilder().setUid(uid).build();
  }

  /** An image by its name. */
  public static ImageRef name(String name) {
    return ImageRef.newBuilder().setName(name).build();
  }

  // ---- images ----

  /**
   * Creates an image whose checkpoints a majority of the voters holds.
   *
   * @param keepLast how many checkpoints stay restorable; 0: the default
   */
  public Image createImage(String name, int keepLast) {
    return createImage(name, keepLast, Durability.DURABILITY_QUORUM);
  }

  /**
   * Creates an image.
   *
   * @param keepLast how many checkpoints stay restorable; 0: the default
   * @param durability who must hold a checkpoint before its commit is acknowledged; for the image's
   *     life
   */
  public Image createImage(String name, int keepLast, Durability durability) {
    return createImage(name, Retention.newBuilder().setKeepLast(keepLast).build(), durability);
  }

  /**
   * Creates an image.
   *
   * @param retention which of its checkpoints stay restorable; the default instance: the default
   * @param durability who must hold a checkpoint before its commit is acknowledged; for the image's
   *     life
   */
  public Image createImage(String name, Retention retention, Durability durability) {
    return createImage(name, retention, durability, 0);
  }

  /**
   * Creates an image.
   *
   * @param retention which of its checkpoints stay restorable; the default instance: the default
   * @param durability who must hold a checkpoint before its commit is acknowledged; for the image's
   *     life
   * @param quotaBytes as in {@link #setQuota}
   */
  public Image createImage(
      String name, Retention retention, Durability durability, long quotaBytes) {
    CreateImageRequest request =
        CreateImageRequest.newBuilder()
            .setName(name)
            .setRetention(retention)
            .setRequestId(newId())
            .setDurability(durability)
            .setQuotaBytes(quotaBytes)
            .build();
    return calls.call(
        ImageServiceGrpc.getCreateImageMethod(),
        request,
        UnaryCalls.Effect.CHANGES,
        "creating image '%s'".formatted(name));
  }

  public Image image(ImageRef image) {
    return calls.call(
        ImageServiceGrpc.getGetImageMethod(),
        GetImageRequest.newBuilder().setImage(image).build(),
        UnaryCalls.Effect.READS,
        "reading " + show(image));
  }

  /** All images, ascending by name. */
  public List<Image> images() {
    return images("");
  }

  /** The images whose names begin so, ascending by name. */
  public List<Image> images(String namePrefix) {
    List<Image> all = new ArrayList<>();
    ListImagesResponse part;
    do {
      String after = all.isEmpty() ? "" : all.getLast().getName();
      ListImagesRequest request =
          ListImagesRequest.newBuilder().setNamePrefix(namePrefix).setAfterName(after).build();
      part =
          calls.call(
              ImageServiceGrpc.getListImagesMethod(),
              request,
              UnaryCalls.Effect.READS,
              "listing images");
      for (Image image : part.getImagesList()) {
        if (image.getName().compareTo(after) <= 0) {
          throw new ProtocolViolationException(
              "listing images: '%s' came after '%s'".formatted(image.getName(), after), null);
        }
        after = image.getName();
        all.add(image);
      }
    } while (part.getMore() && part.getImagesCount() > 0);
    return all;
  }

  /**
   * Deletes an image with all its checkpoints. "Unknown image" may mean that an earlier try of the
   * same call, whose answer was lost, deleted it.
   *
   * @return false: restore sessions pin it; it goes when the last one ends
   */
  public boolean deleteImage(ImageRef image, PinnedDelete whenPinned) {
    DeleteImageRequest request =
        DeleteImageRequest.newBuilder().setImage(image).setWhenPinned(whenPinned).build();
    return calls
        .call(
            ImageServiceGrpc.getDeleteImageMethod(),
            request,
            UnaryCalls.Effect.CHANGES,
            "deleting " + show(image))
        .getDeleted();
  }

  /** As the other one, by number alone. */
  public Image setRetention(ImageRef image, int keepLast) {
    return setRetention(image, Retention.newBuilder().setKeepLast(keepLast).build());
  }

  /**
   * Changes which checkpoints stay restorable.
   *
   * @param retention the whole of it: what is left out is not kept
   */
  public Image setRetention(ImageRef image, Retention retention) {
    SetRetentionRequest request =
        SetRetentionRequest.newBuilder().setImage(image).setRetention(retention).build();
    return calls.call(
        ImageServiceGrpc.getSetRetentionMethod(),
        request,
        UnaryCalls.Effect.CHANGES,
        "changing the retention of " + show(image));
  }

  /**
   * Changes what the image may take. Retires nothing: where it takes more already, new checkpoints
   * are refused with QUOTA_EXCEEDED.
   *
   * @param quotaBytes encoded bytes of pages and slim states that its retained checkpoints may take
   *     on a replica; 0: no quota
   */
  public Image setQuota(ImageRef image, long quotaBytes) {
    SetQuotaRequest request =
        SetQuotaRequest.newBuilder().setImage(image).setQuotaBytes(quotaBytes).build();
    return calls.call(
        ImageServiceGrpc.getSetQuotaMethod(),
        request,
        UnaryCalls.Effect.CHANGES,
        "changing the quota of " + show(image));
  }

  /** Committed checkpoints that can be restored, oldest first, and those that are open. */
  public List<Checkpoint> checkpoints(ImageRef image) {
    return calls
        .call(
            ImageServiceGrpc.getListCheckpointsMethod(),
            ListCheckpointsRequest.newBuilder().setImage(image).build(),
            UnaryCalls.Effect.READS,
            "listing the checkpoints of " + show(image))
        .getCheckpointsList();
  }

  /**
   * Gives a committed checkpoint a name: it stays, whatever the retention says, until all its names
   * are released.
   *
   * @return the checkpoint with all its names
   */
  public Checkpoint nameCheckpoint(ImageRef image, long checkpoint, String name) {
    NameCheckpointRequest request =
        NameCheckpointRequest.newBuilder()
            .setImage(image)
            .setCheckpoint(checkpoint)
            .setName(name)
            .build();
    return calls
        .call(
            ImageServiceGrpc.getNameCheckpointMethod(),
            request,
            UnaryCalls.Effect.CHANGES,
            "naming checkpoint %d of %s".formatted(checkpoint, show(image)))
        .getCheckpoint();
  }

  /**
   * Takes a name from its checkpoint, which goes by the image's retention again.
   *
   * @return false: no checkpoint has it. That may mean that an earlier try of the same call, whose
   *     answer was lost, released it.
   */
  public boolean releaseName(ImageRef image, String name) {
    ReleaseNameRequest request =
        ReleaseNameRequest.newBuilder().setImage(image).setName(name).build();
    return calls
        .call(
            ImageServiceGrpc.getReleaseNameMethod(),
            request,
            UnaryCalls.Effect.CHANGES,
            "releasing the name '%s' of %s".formatted(name, show(image)))
        .getReleased();
  }

  // ---- the way in ----

  /**
   * Makes this process the only one that may write checkpoints, if the image's epoch still is the
   * one that the caller saw.
   */
  public AcquireProtectionResponse acquireProtection(ImageRef image, long seenEpoch) {
    return acquire(image, AcquireProtectionRequest.newBuilder().setSeenEpoch(seenEpoch));
  }

  /** Takes the image over, whoever protects it. */
  public AcquireProtectionResponse takeOverProtection(ImageRef image) {
    return acquire(image, AcquireProtectionRequest.newBuilder().setAnyEpoch(true));
  }

  /**
   * Restores a checkpoint and takes the image over in one: whoever protected it before is refused
   * from then on, commits in flight included, so that what is restored cannot run twice. The
   * checkpoint restored becomes the head; what was committed behind it stays listed, off the line.
   *
   * <p>The owner token is made for this call and goes with its repeats, so that a lost answer, or a
   * leader lost on the way, does not take the image over twice. It is never stored: an epoch
   * belongs to one process life.
   *
   * @param checkpoint 0: the one that is the head when this happens
   * @param lease of the session; zero: the default, a minute
   */
  public FencedRestore restoreAndFence(ImageRef image, long checkpoint, Duration lease) {
    return restoreAndFence(image, CheckpointChoice.of(checkpoint), lease);
  }

  /** As {@link #restoreAndFence(ImageRef, long, Duration)}, of a checkpoint said in any way. */
  public FencedRestore restoreAndFence(
      ImageRef image, CheckpointChoice checkpoint, Duration lease) {
    return fence(image, checkpoint, lease, AcquireProtectionRequest.newBuilder().setAnyEpoch(true));
  }

  /**
   * As the other ones, if the image's epoch still is the one that the caller saw: nobody else has
   * taken it over since.
   */
  public FencedRestore restoreAndFence(
      ImageRef image, CheckpointChoice checkpoint, Duration lease, long seenEpoch) {
    return fence(
        image, checkpoint, lease, AcquireProtectionRequest.newBuilder().setSeenEpoch(seenEpoch));
  }

  /**
   * As {@link #restoreAndFence(ImageRef, CheckpointChoice, Duration, long)}, by number; 0: the
   * head.
   */
  public FencedRestore restoreAndFence(
      ImageRef image, long checkpoint, Duration lease, long seenEpoch) {
    return restoreAndFence(image, CheckpointChoice.of(checkpoint), lease, seenEpoch);
  }

  private FencedRestore fence(
      ImageRef image,
      CheckpointChoice checkpoint,
      Duration lease,
      AcquireProtectionRequest.Builder request) {
    switch (checkpoint) {
      case CheckpointChoice.Latest() ->
          request.setRestore(TakeOverRestore.TAKE_OVER_RESTORE_LATEST);
      case CheckpointChoice.Numbered numbered ->
          request
              .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT)
              .setCheckpoint(numbered.id());
      case CheckpointChoice.Named named ->
          request
              .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT)
              .setCheckpointName(named.name());
    }
    request.setLeaseMillis(Math.toIntExact(lease.toMillis()));
    AcquireProtectionResponse acquired = acquire(image, request);
    if (!acquired.hasRestore()) {
      throw new RejectedException(
          Reason.REASON_UNKNOWN_SESSION,
          "%s was taken over with epoch %d, but the restore session has expired before its answer came: open another one"
              .formatted(show(image), acquired.getEpoch()));
    }
    connections.learnMembers();
    return new FencedRestore(acquired, new RestoreSession(connections, acquired.getRestore()));
  }

  private AcquireProtectionResponse acquire(
      ImageRef image, AcquireProtectionRequest.Builder request) {
    return calls.call(
        ImageServiceGrpc.getAcquireProtectionMethod(),
        request.setImage(image).setOwnerToken(newId()).build(),
        UnaryCalls.Effect.CHANGES,
        "acquiring the protection of " + show(image));
  }

  /** Writes checkpoints under an acquired epoch. */
  public ProtectionStream protect(AcquireProtectionResponse acquired, WriteOptions options) {
    return protect(acquired.getImageUid(), acquired.getEpoch(), acquired.getHead(), options);
  }

  /**
   * Writes checkpoints under an acquired epoch.
   *
   * @param head the base of the next checkpoint; 0: it will be a full one
   */
  public ProtectionStream protect(long imageUid, long epoch, long head, WriteOptions options) {
    List<Region> regions = head == 0 ? List.of() : image(uid(imageUid)).getRegionsList();
    ProtectionStream.Base newest = new ProtectionStream.Base(head, regions);
    connections.learnMembers();
    return new ProtectionStream(connections, imageUid, epoch, options, newest);
  }

  // ---- the way out ----

  /**
   * Opens a restore session.
   *
   * @param checkpoint 0: the latest committed one
   * @param lease how long it is kept when this process dies; zero: the default, a minute
   */
  public RestoreSession openRestore(ImageRef image, long checkpoint, Duration lease) {
    return openRestore(image, CheckpointChoice.of(checkpoint), lease);
  }

  /**
   * Opens a restore session.
   *
   * @param lease how long it is kept when this process dies; zero: the default, a minute
   */
  public RestoreSession openRestore(ImageRef image, CheckpointChoice checkpoint, Duration lease) {
    OpenRestoreResponse opened =
        calls.call(
            RestoreServiceGrpc.getOpenRestoreMethod(),
            openRequest(image, checkpoint, lease),
            UnaryCalls.Effect.CHANGES,
            opening(image, checkpoint));
    connections.learnMembers();
    return new RestoreSession(connections, opened);
  }

  private static OpenRestoreRequest openRequest(
      ImageRef image, CheckpointChoice checkpoint, Duration lease) {
    OpenRestoreRequest.Builder request =
        OpenRestoreRequest.newBuilder()
            .setImage(image)
            .setLeaseMillis(Math.toIntExact(lease.toMillis()))
            .setRequestId(newId());
    switch (checkpoint) {
      case CheckpointChoice.Latest() -> {}
      case CheckpointChoice.Numbered numbered -> request.setCheckpoint(numbered.id());
      case CheckpointChoice.Named named -> request.setCheckpointName(named.name());
    }
    return request.build();
  }

  private static String opening(ImageRef image, CheckpointChoice checkpoint) {
    return "opening a restore of %s of %s".formatted(checkpoint, show(image));
  }

  /**
   * Opens a restore session and brings, in the same round trip, what the machine needs to run: its
   * slim state, and the pages that earlier restores of the image touched first.
   *
   * @param lease how long it is kept when this process dies; zero: the default, a minute
   * @param firstBytes content of such pages, at most 64 MiB; none if no restore is known
   * @param sinks makes what gets them, on this thread, from the regions of the checkpoint, before
   *     the first one comes. After a broken connection it is asked again, and the same pages may
   *     come again.
   * @throws IOException from the sink
   */
  public BegunRestore beginRestore(
      ImageRef image,
      CheckpointChoice checkpoint,
      Duration lease,
      long firstBytes,
      Function<List<Region>, PageSink> sinks)
      throws IOException {
    BeginRestoreRequest request =
        BeginRestoreRequest.newBuilder()
            .setOpen(openRequest(image, checkpoint, lease))
            .setFirstBytes(firstBytes)
            .build();
    BegunRestore begun =
        new RestoreBeginning(connections, request, sinks).begin(opening(image, checkpoint));
    connections.learnMembers();
    return begun;
  }

  /** Opens a restore session on the latest checkpoint. */
  public RestoreSession openRestore(ImageRef image) {
    return openRestore(image, 0, Duration.ZERO);
  }

  /** Goes on with a session of another process, see {@link RestoreSession#export}. */
  public RestoreSession resumeRestore(byte[] exported) {
    connections.requireOpen();
    RestoreSession session = new RestoreSession(connections, RestoreSession.decode(exported));
    connections.learnMembers();
    return session;
  }

  // ---- the server ----

  public ServerInfo serverInfo() {
    return calls.call(
        ServerServiceGrpc.getGetServerInfoMethod(),
        GetServerInfoRequest.getDefaultInstance(),
        UnaryCalls.Effect.READS,
        "reading the server's info");
  }

  public StatsResponse stats() {
    return calls.call(
        ServerServiceGrpc.getStatsMethod(),
        StatsRequest.getDefaultInstance(),
        UnaryCalls.Effect.READS,
        "reading the server's stats");
  }

  /** What the server's part of the store takes of its disk. */
  public Space space() {
    return space(GetSpaceRequest.getDefaultInstance());
  }

  /**
   * As {@link #space()}, and what each image takes there whose name begins so, ascending by name:
   * its index rows are read for that.
   */
  public Space spaceByImage(String namePrefix) {
    List<ImageSpace> all = new ArrayList<>();
    String node = "";
    Space part;
    do {
      String after = all.isEmpty() ? "" : all.getLast().getName();
      part =
          space(
              GetSpaceRequest.newBuilder()
                  .setByImage(true)
                  .setNamePrefix(namePrefix)
                  .setAfterName(after)
                  .build());
      if (!all.isEmpty() && !part.getNodeId().equals(node)) {
        throw new UnavailableException(
            "reading the server's space: %s answered after %s, and each has its own figures; ask one of them"
                .formatted(part.getNodeId(), node),
            null);
      }
      if (part.getImagesCount() > 0 && part.getImages(0).getName().compareTo(after) <= 0) {
        throw new ProtocolViolationException(
            "reading the server's space: '%s' came after '%s'"
                .formatted(part.getImages(0).getName(), after),
            null);
      }
      node = part.getNodeId();
      all.addAll(part.getImagesList());
    } while (part.getMore() && part.getImagesCount() > 0);
    return part.toBuilder().clearImages().addAllImages(all).build();
  }

  private Space space(GetSpaceRequest request) {
    return calls.call(
        ServerServiceGrpc.getGetSpaceMethod(),
        request,
        UnaryCalls.Effect.READS,
        "reading the server's space");
  }

  /** Closes the connections. Sessions that are open expire by themselves; close them first. */
  @Override
  public void close() {
    connections.close();
  }

  private static String show(ImageRef image) {
    return image.getUid() != 0
        ? "image " + image.getUid()
        : "image '%s'".formatted(image.getName());
  }

  private static ByteString newId() {
    byte[] id = new byte[ID_BYTES];
    RANDOM.nextBytes(id);
    return UnsafeByteOperations.unsafeWrap(id);
  }
}
