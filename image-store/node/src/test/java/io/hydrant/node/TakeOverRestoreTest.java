package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.Durability;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Reason;
import io.hydrant.v1.TakeOverRestore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Restore and fence, and an image's durability, through the API. */
final class TakeOverRestoreTest {
  @TempDir Path directory;

  private static AcquireProtectionRequest.Builder takeOver(TestImage image, ByteString owner) {
    return AcquireProtectionRequest.newBuilder()
        .setImage(NodeFixture.ref(image))
        .setAnyEpoch(true)
        .setOwnerToken(owner);
  }

  private static FetchRequest fetch(OpenRestoreResponse session) {
    return FetchRequest.newBuilder()
        .setToken(session.getToken())
        .setId(1)
        .setReadClass(ReadClass.READ_CLASS_FAULT)
        .addPage(1)
        .build();
  }

  @Test
  void theSessionThatItAnswersReadsWhatItRestored() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      TestImage image = fixture.image("vm", 16);
      long old = fixture.writeFull(image, 1);
      long latest = fixture.writeFull(image, 2);
      AcquireProtectionRequest restoring =
          takeOver(image, NodeFixture.token())
              .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_LATEST)
              .build();
      AcquireProtectionResponse first = fixture.images().acquireProtection(restoring);
      assertEquals(2, first.getEpoch());
      assertEquals(latest, first.getHead());
      OpenRestoreResponse session = first.getRestore();
      assertEquals(latest, session.getCheckpoint().getId());
      assertEquals(image.uid(), session.getImageUid());
      assertEquals(60_000, session.getLeaseMillis());
      assertEquals(
          ByteString.copyFrom(Draft.content(2, 1)),
          fixture.fetch(fetch(session)).getPages().getData());

      fixture.restart();
      assertEquals(first, fixture.images().acquireProtection(restoring), "after a restart");
      assertEquals(
          ByteString.copyFrom(Draft.content(2, 1)),
          fixture.fetch(fetch(session)).getPages().getData());

      AcquireProtectionResponse back =
          fixture
              .images()
              .acquireProtection(
                  takeOver(image, NodeFixture.token())
                      .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_CHECKPOINT)
                      .setCheckpoint(old)
                      .setLeaseMillis(5_000)
                      .build());
      assertEquals(3, back.getEpoch());
      assertEquals(old, back.getHead());
      assertEquals(5_000, back.getRestore().getLeaseMillis());
      assertEquals(
          ByteString.copyFrom(Draft.content(1, 1)),
          fixture.fetch(fetch(back.getRestore())).getPages().getData());
      fixture
          .restores()
          .closeRestore(
              CloseRestoreRequest.newBuilder().setToken(back.getRestore().getToken()).build());
      assertEquals(List.of(), fixture.faults());
    }
  }

  @Test
  void whatCannotBeRestoredFencesNobody() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of("restore.sessions-max", "1"))) {
      TestImage image = fixture.image("vm", 16);
      AcquireProtectionRequest.Builder latest =
          takeOver(image, NodeFixture.token()).setRestore(TakeOverRestore.TAKE_OVER_RESTORE_LATEST);
      Failures.assertRefused(
          Reason.REASON_UNKNOWN_CHECKPOINT,
          Status.Code.NOT_FOUND,
          () -> fixture.images().acquireProtection(latest.build()));
      long full = fixture.writeFull(image, 1);
      Failures.assertRefused(
          Reason.REASON_INVALID,
          Status.Code.INVALID_ARGUMENT,
          () -> fixture.images().acquireProtection(latest.clone().setLeaseMillis(-1).build()));
      fixture.openRestore(image, full);
      Failures.assertRefused(
          Reason.REASON_OVERLOADED,
          Status.Code.RESOURCE_EXHAUSTED,
          () -> fixture.images().acquireProtection(latest.build()));
      AcquireProtectionResponse none =
          fixture
              .images()
              .acquireProtection(takeOver(image, NodeFixture.token()).setSeenEpoch(1).build());
      assertEquals(2, none.getEpoch(), "nobody had been fenced");
      assertFalse(none.hasRestore());
    }
  }

  @Test
  void aRepeatNeedsNoRoom() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of("restore.sessions-max", "1"))) {
      TestImage image = fixture.image("vm", 16);
      fixture.writeFull(image, 1);
      AcquireProtectionRequest restoring =
          takeOver(image, NodeFixture.token())
              .setRestore(TakeOverRestore.TAKE_OVER_RESTORE_LATEST)
              .build();
      AcquireProtectionResponse first = fixture.images().acquireProtection(restoring);
      assertEquals(first, fixture.images().acquireProtection(restoring));
    }
  }

  @Test
  void durabilityAllIsHonouredAlone() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      Image created =
          fixture
              .images()
              .createImage(
                  CreateImageRequest.newBuilder()
                      .setName("vm")
                      .setDurability(Durability.DURABILITY_ALL)
                      .build());
      assertEquals(Durability.DURABILITY_ALL, created.getDurability());
      TestImage image = fixture.acquire(created.getUid(), "vm", 16);
      fixture.writeFull(image, 1);
      fixture.restart();
      assertEquals(
          Durability.DURABILITY_ALL,
          fixture
              .images()
              .getImage(GetImageRequest.newBuilder().setImage(NodeFixture.ref(image)).build())
              .getDurability());
    }
  }
}
