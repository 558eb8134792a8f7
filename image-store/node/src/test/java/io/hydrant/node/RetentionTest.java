package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.ListCheckpointsRequest;
import io.hydrant.v1.NameCheckpointRequest;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ReleaseNameRequest;
import io.hydrant.v1.Retention;
import io.hydrant.v1.RetentionTier;
import io.hydrant.v1.SetRetentionRequest;
import io.hydrant.v1.TakeOverRestore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention and the names of checkpoints, through the API of a real node. */
final class RetentionTest {
  private static final Retention BY_AGE =
      Retention.newBuilder()
          .setKeepLast(3)
          .setKeepForMillis(60_000)
          .addTiers(tier(600_000, 1_000))
          .addTiers(tier(86_400_000, 60_000))
          .build();

  @TempDir Path directory;

  private static RetentionTier tier(long windowMillis, long spacingMillis) {
    return RetentionTier.newBuilder()
        .setWindowMillis(windowMillis)
        .setSpacingMillis(spacingMillis)
        .build();
  }

  private static NameCheckpointRequest name(ImageRef image, long id, String name) {
    return NameCheckpointRequest.newBuilder()
        .setImage(image)
        .setCheckpoint(id)
        .setName(name)
        .build();
  }

  private static ReleaseNameRequest release(ImageRef image, String name) {
    return ReleaseNameRequest.newBuilder().setImage(image).setName(name).build();
  }

  private static List<Checkpoint> checkpoints(NodeFixture fixture, ImageRef image) {
    return fixture
        .images()
        .listCheckpoints(ListCheckpointsRequest.newBuilder().setImage(image).build())
        .getCheckpointsList();
  }

  @Test
  void theWholeOfItIsKeptAndReplaced() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      Image created =
          fixture
              .images()
              .createImage(
                  CreateImageRequest.newBuilder().setName("vm").setRetention(BY_AGE).build());
      assertEquals(BY_AGE, created.getRetention());
      ImageRef ref = ImageRef.newBuilder().setUid(created.getUid()).build();
      fixture.restart();
      assertEquals(
          BY_AGE,
          fixture
              .images()
              .getImage(GetImageRequest.newBuilder().setImage(ref).build())
              .getRetention());
      SetRetentionRequest.Builder set = SetRetentionRequest.newBuilder().setImage(ref);
      for (Retention bad :
          List.of(
              Retention.newBuilder().setKeepLast(10_001).build(),
              Retention.newBuilder().setKeepForMillis(-1).build(),
              Retention.newBuilder().addTiers(tier(1_000, 0)).build(),
              BY_AGE.toBuilder().addTiers(tier(600_000, 1_000)).build())) {
        String message =
            Failures.assertRefused(
                Reason.REASON_INVALID,
                Status.Code.INVALID_ARGUMENT,
                () -> fixture.images().setRetention(set.clone().setRetention(bad).build()));
        assertTrue(message.startsWith("retention: "), message);
      }
      Retention last = Retention.newBuilder().setKeepLast(2).build();
      assertEquals(
          last, fixture.images().setRetention(set.setRetention(last).build()).getRetention());
    }
  }

  @Test
  void aNamedCheckpointSurvivesAndIsRestoredByItsName() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      TestImage image = fixture.image("vm", 16);
      ImageRef ref = NodeFixture.ref(image);
      long named = fixture.writeFull(image, 1);
      long other = fixture.writeFull(image, 2);
      assertEquals(
          List.of("golden"),
          fixture
              .images()
              .nameCheckpoint(name(ref, named, "golden"))
              .getCheckpoint()
              .getNamesList());
      assertEquals(
          List.of("a", "golden"),
          fixture.images().nameCheckpoint(name(ref, named, "a")).getCheckpoint().getNamesList());
      fixture.images().nameCheckpoint(name(ref, named, "a"));
      Failures.assertRefused(
          Reason.REASON_NAME_TAKEN,
          Status.Code.ALREADY_EXISTS,
          () -> fixture.images().nameCheckpoint(name(ref, other, "a")));
      for (String bad : List.of("", "7", "x".repeat(129), "x".repeat(3 << 20))) {
        Failures.assertRefused(
            Reason.REASON_INVALID,
            Status.Code.INVALID_ARGUMENT,
            () -> fixture.images().nameCheckpoint(name(ref, named, bad)));
      }
      fixture
          .images()
          .setRetention(
              SetRetentionRequest.newBuilder()
                  .setImage(ref)
                  .setRetention(Retention.newBuilder().setKeepLast(1))
                  .build());
      long head = fixture.writeFull(image, 3);
      waitUntilRetired(fixture, ref, other);
      assertEquals(
          List.of(named, head), checkpoints(fixture, ref).stream().map(Checkpoint::getId).toList());

      fixture.restart();
      OpenRestoreRequest.Builder open =
          OpenRestoreRequest.newBuilder().setImage(ref).setCheckpointName("golden");
      OpenRestoreResponse session = fixture.restores().openRestore(open.build());
      assertEquals(named, session.getCheckpoint().getId());
      assertEquals(List.of("a", "golden"), session.getCheckpoint().getNamesList());
      Failures.assertRefused(
          Reason.REASON_UNKNOWN_CHECKPOINT,
          Status.Code.NOT_FOUND,
          () -> fixture.restores().openRestore(open.clone().setCheckpointName("none").build()));
      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () -> fixture.restores().openRestore(open.clone().setCheckpoint(named).build()));
      fixture
          .restores()
          .closeRestore(CloseRestoreRequest.newBuilder().setToken(session.getToken()).build());

      AcquireProtectionResponse fenced =
          fixture
              .images()
              .acquireProtection(
                  AcquireProtectionRequest.newBuilder()
                      .setImage(ref)
                      .setAnyEpoch(true)
                      .setOwnerToken(NodeFixture.token())
                      .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT)
                      .setCheckpointName("golden")
                      .build());
      assertEquals(named, fenced.getHead());

      assertTrue(fixture.images().releaseName(release(ref, "golden")).getReleased());
      assertFalse(fixture.images().releaseName(release(ref, "golden")).getReleased(), "a repeat");
      assertEquals(List.of("a"), checkpoints(fixture, ref).getFirst().getNamesList());
      assertEquals(List.of(), fixture.faults());
    }
  }

  private static void waitUntilRetired(NodeFixture fixture, ImageRef image, long id)
      throws InterruptedException {
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (checkpoints(fixture, image).stream().anyMatch(each -> each.getId() == id)) {
      assertTrue(System.nanoTime() < deadline, "checkpoint " + id + " is still there");
      Thread.sleep(50);
    }
  }
}
