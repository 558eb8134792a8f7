package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.hydrant.node.config.NodeConfig;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.ClusterServiceGrpc;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.Durability;
import io.hydrant.v1.GetServerInfoRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.ListImagesRequest;
import io.hydrant.v1.ListImagesResponse;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Retention;
import io.hydrant.v1.ServerInfo;
import io.hydrant.v1.SetRetentionRequest;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.StatsResponse;
import io.hydrant.v1.TakeOverRestore;
import io.hydrant.v1.TransferLeadershipRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Starting, stopping, and what the server says of itself. */
final class NodeLifecycleTest {
  private static final Path DOCUMENTS = Path.of("../../docs");

  @TempDir Path directory;

  @Test
  void aPortInUseIsNamedAndNothingStaysLocked() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      NodeConfig config =
          NodeConfig.load(
              Optional.empty(),
              Map.of(),
              Map.of(
                  "data.directory",
                  directory.toString(),
                  "listen.address",
                  "127.0.0.1:" + taken.getLocalPort()));
      String message =
          String.valueOf(
              assertThrows(IOException.class, () -> HydrantNode.start(config)).getMessage());
      assertTrue(message.contains("port " + taken.getLocalPort()), message);
      assertTrue(message.contains("--listen"), message);
    }
    HydrantNode.start(NodeConfig.embedded(directory)).close();
  }

  @Test
  void aSecondServerOnTheSameDirectoryIsRefused() throws Exception {
    try (HydrantNode first = HydrantNode.start(NodeConfig.embedded(directory))) {
      String message =
          String.valueOf(
              assertThrows(
                      IOException.class, () -> HydrantNode.start(NodeConfig.embedded(directory)))
                  .getMessage());
      assertTrue(message.contains("in use by process"), message);
      assertTrue(first.port() > 0);
    }
  }

  @Test
  void closingEndsStreamsAndMayBeRepeated() throws Exception {
    NodeFixture fixture = new NodeFixture(directory, Map.of());
    TestImage image = fixture.image("vm", 16);
    WriteStream stream = new WriteStream(fixture.channel()).openFull(1, image);
    assertTrue(stream.next().hasOpened());
    fixture.node().close();
    Failures.assertRefused(Reason.REASON_SHUTTING_DOWN, Status.Code.UNAVAILABLE, stream.failure());
    fixture.node().close();
    fixture.node().awaitTermination();
    assertEquals(List.of(), fixture.faults());
    fixture.close();
  }

  @Test
  void aFullDiskRefusesNewCheckpointsAndNothingElse() throws Exception {
    TestImage image;
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      image = fixture.image("vm", 16);
      fixture.writeFull(image, 1);
    }
    try (NodeFixture full =
        new NodeFixture(directory, Map.of("storage.reserve-bytes", "1000000g"))) {
      WriteStream stream = new WriteStream(full.channel()).openFull(1, image);
      assertEquals(Reason.REASON_DISK_FULL, stream.next().getRejected().getReason());
      stream.halfClose();
      assertTrue(full.openRestore(image, 0).getCheckpoint().getId() > 0);
    }
    try (NodeFixture again = new NodeFixture(directory, Map.of())) {
      again.writeFull(image, 2);
    }
  }

  @Test
  void healthIsServing() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      assertEquals(
          ServingStatus.SERVING,
          HealthGrpc.newBlockingStub(fixture.channel())
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus());
    }
  }

  @Test
  void infoAndStatsAreWhatTheDocumentsSay() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      ServerInfo info = fixture.server().getServerInfo(GetServerInfoRequest.getDefaultInstance());
      assertTrue(info.getLeader());
      assertEquals(36, info.getStoreId().length());
      assertFalse(info.getVersion().isEmpty());
      assertEquals(names("limits.md"), new TreeSet<>(info.getLimitsMap().keySet()));
      StatsResponse stats = fixture.server().stats(StatsRequest.getDefaultInstance());
      TreeSet<String> all = new TreeSet<>(stats.getCountersMap().keySet());
      all.addAll(stats.getGaugesMap().keySet());
      assertEquals(names("stats.md"), all);
    }
  }

  /** First columns of the tables of a document. */
  private static TreeSet<String> names(String document) throws IOException {
    TreeSet<String> names = new TreeSet<>();
    Matcher row =
        Pattern.compile("^\\| `([a-z_]+)` \\|", Pattern.MULTILINE)
            .matcher(Files.readString(DOCUMENTS.resolve(document)));
    while (row.find()) {
      assertTrue(names.add(row.group(1)), row.group(1) + " is there twice");
    }
    return names;
  }

  @Test
  void imagesAreCreatedListedAndChanged() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      CreateImageRequest create =
          CreateImageRequest.newBuilder().setName("b").setRequestId(NodeFixture.token()).build();
      Image first = fixture.images().createImage(create);
      assertEquals(16, first.getRetention().getKeepLast());
      assertEquals(first.getUid(), fixture.images().createImage(create).getUid());
      Failures.assertRefused(
          Reason.REASON_NAME_TAKEN,
          Status.Code.ALREADY_EXISTS,
          () ->
              fixture
                  .images()
                  .createImage(create.toBuilder().setRequestId(NodeFixture.token()).build()));
      for (String bad : List.of("", "-x", "a b", "x".repeat(129), "x".repeat(3 << 20), "é")) {
        Failures.assertRefused(
            Reason.REASON_INVALID,
            Status.Code.INVALID_ARGUMENT,
            () ->
                fixture.images().createImage(CreateImageRequest.newBuilder().setName(bad).build()));
      }
      Retention tooMany = Retention.newBuilder().setKeepLast(10_001).build();
      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () ->
              fixture
                  .images()
                  .createImage(
                      CreateImageRequest.newBuilder().setName("c").setRetention(tooMany).build()));
      fixture.image("a1", 1);
      fixture.image("a2", 1);
      TestImage last = fixture.image("a3", 1);
      ListImagesResponse page =
          fixture
              .images()
              .listImages(
                  ListImagesRequest.newBuilder()
                      .setNamePrefix("a")
                      .setAfterName("a1")
                      .setLimit(1)
                      .build());
      assertEquals(List.of("a2"), page.getImagesList().stream().map(Image::getName).toList());
      assertTrue(page.getMore());
      Image changed =
          fixture
              .images()
              .setRetention(
                  SetRetentionRequest.newBuilder()
                      .setImage(NodeFixture.ref(last))
                      .setRetention(Retention.newBuilder().setKeepLast(3))
                      .build());
      assertEquals(3, changed.getRetention().getKeepLast());
      assertEquals(1, changed.getEpoch());
    }
  }

  /** To do less than was asked and say nothing would be a promise that is not kept. */
  @Test
  void whatItCannotDoItRefuses() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      CreateImageRequest.Builder create = CreateImageRequest.newBuilder().setName("vm");
      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () -> fixture.images().createImage(create.clone().setDurabilityValue(99).build()));
      Image image = fixture.images().createImage(create.build());
      assertEquals(Durability.DURABILITY_QUORUM, image.getDurability(), "if nothing is said");

      AcquireProtectionRequest.Builder acquire =
          AcquireProtectionRequest.newBuilder()
              .setImage(ImageRef.newBuilder().setUid(image.getUid()))
              .setAnyEpoch(true)
              .setOwnerToken(NodeFixture.token());
      for (AcquireProtectionRequest.Builder restoring :
          List.of(
              acquire.clone().setRestoreValue(99),
              acquire.clone().setRestore(TakeOverRestore.TAKE_OVER_RESTORE_LATEST).setCheckpoint(1),
              acquire.clone().setRestore(TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT),
              acquire.clone().setCheckpoint(1),
              acquire.clone().setLeaseMillis(1_000))) {
        Failures.assertRefused(
            Reason.REASON_INVALID,
            Status.Code.INVALID_ARGUMENT,
            () -> fixture.images().acquireProtection(restoring.build()));
      }
      assertEquals(
          1,
          fixture.images().acquireProtection(acquire.build()).getEpoch(),
          "nothing was fenced before");

      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () ->
              ClusterServiceGrpc.newBlockingStub(fixture.channel())
                  .withDeadlineAfter(10, TimeUnit.SECONDS)
                  .transferLeadership(TransferLeadershipRequest.getDefaultInstance()));
    }
  }
}
