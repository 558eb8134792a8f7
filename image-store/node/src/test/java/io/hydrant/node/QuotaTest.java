package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.DeleteImageRequest;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.GetSpaceRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.ImageSpace;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.SetQuotaRequest;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Quotas of images, through the API of a real node. */
final class QuotaTest {
  private static final int PAGES = 16;
  private static final long FULL_BYTES = PAGES * Draft.PAGE_BYTES + 3;

  @TempDir Path directory;

  private static Image setQuota(NodeFixture fixture, ImageRef image, long bytes) {
    return fixture
        .images()
        .setQuota(SetQuotaRequest.newBuilder().setImage(image).setQuotaBytes(bytes).build());
  }

  private static long quotaOf(NodeFixture fixture, ImageRef image) {
    return fixture
        .images()
        .getImage(GetImageRequest.newBuilder().setImage(image).build())
        .getQuotaBytes();
  }

  private static ImageSpace space(NodeFixture fixture) {
    return fixture
        .server()
        .getSpace(GetSpaceRequest.newBuilder().setByImage(true).build())
        .getImages(0);
  }

  private static Rejected rejected(WriteCheckpointResponse answer) {
    assertTrue(answer.hasRejected(), answer::toString);
    assertEquals(Reason.REASON_QUOTA_EXCEEDED, answer.getRejected().getReason());
    return answer.getRejected();
  }

  @Test
  void isSetShownAndKept() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      Image created =
          fixture
              .images()
              .createImage(CreateImageRequest.newBuilder().setName("vm").setQuotaBytes(7).build());
      assertEquals(7, created.getQuotaBytes());
      ImageRef ref = ImageRef.newBuilder().setUid(created.getUid()).build();
      assertEquals(1L << 60, setQuota(fixture, ref, 1L << 60).getQuotaBytes());
      fixture.restart();
      assertEquals(1L << 60, quotaOf(fixture, ref));
      assertEquals(1L << 60, space(fixture).getQuotaBytes());
      for (long bad : new long[] {(1L << 60) + 1, -1}) {
        String message =
            Failures.assertRefused(
                Reason.REASON_INVALID,
                Status.Code.INVALID_ARGUMENT,
                () -> setQuota(fixture, ref, bad));
        assertTrue(message.startsWith("quota_bytes: "), message);
        Failures.assertRefused(
            Reason.REASON_INVALID,
            Status.Code.INVALID_ARGUMENT,
            () ->
                fixture
                    .images()
                    .createImage(
                        CreateImageRequest.newBuilder().setName("b").setQuotaBytes(bad).build()));
      }
      assertEquals(0, setQuota(fixture, ref, 0).getQuotaBytes());
      assertEquals(0, space(fixture).getQuotaBytes());
      Failures.assertRefused(
          Reason.REASON_UNKNOWN_IMAGE,
          Status.Code.NOT_FOUND,
          () -> setQuota(fixture, ImageRef.newBuilder().setName("none").build(), 7));
    }
  }

  @Test
  void refusesAtTheOpenAndInTheMiddleAndKeepsWhatIsCommitted() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      TestImage image = fixture.image("vm", PAGES);
      ImageRef ref = NodeFixture.ref(image);
      long first = fixture.writeFull(image, 1);
      assertEquals(FULL_BYTES, space(fixture).getLiveBytes());
      setQuota(fixture, ref, FULL_BYTES);
      WriteStream stream = new WriteStream(fixture.channel());
      stream.openOn(1, image, first);
      Rejected atOpen = rejected(stream.next());
      assertEquals(first, atOpen.getHead());
      assertTrue(atOpen.getMessage().contains("new checkpoint refused: image 'vm'"));

      setQuota(fixture, ref, FULL_BYTES + 2 * Draft.PAGE_BYTES);
      Draft tooMuch = new Draft(PAGES);
      stream.openOn(2, image, first);
      assertTrue(stream.next().hasOpened());
      stream.batch(2, tooMuch.raw(2, 0));
      stream.openOnAttempt(3, image, 2);
      assertTrue(stream.next().hasOpened());
      stream.batch(2, tooMuch.raw(2, 1, 2));
      Rejected inTheMiddle = rejected(stream.next());
      assertTrue(
          inTheMiddle.getMessage().contains("takes 65539 bytes and 4096 more are staged"),
          inTheMiddle.getMessage());
      assertEquals(Reason.REASON_ABORTED, stream.next().getRejected().getReason());

      // What was staged is gone, so what fits is taken, to the last byte.
      Draft fits = new Draft(PAGES);
      stream.openOn(4, image, first);
      stream.batch(4, fits.raw(4, 3, 4));
      stream.commit(4, fits.commit());
      assertTrue(stream.next().hasOpened());
      assertTrue(stream.next().hasCommitted());
      assertEquals(
          FULL_BYTES + 2 * Draft.PAGE_BYTES,
          space(fixture).getLiveBytes() + space(fixture).getHistoryBytes());
      stream.halfClose();
      assertTrue(stream.completed());
      assertEquals(
          2,
          fixture
              .server()
              .stats(StatsRequest.getDefaultInstance())
              .getCountersOrThrow("quota_refused_count"));

      // Over its quota, it is restored and deleted as any other.
      setQuota(fixture, ref, 1);
      assertTrue(fixture.openRestore(image, first).getCheckpoint().getId() == first);
      setQuota(fixture, ref, 0);
      assertTrue(fixture.writeFull(image, 5) > first);
      assertEquals(List.of(), fixture.faults());
    }
  }

  @Test
  void anImageOverItsQuotaIsDeleted() throws Exception {
    try (NodeFixture fixture = new NodeFixture(directory, Map.of())) {
      TestImage image = fixture.image("vm", PAGES);
      fixture.writeFull(image, 1);
      setQuota(fixture, NodeFixture.ref(image), 1);
      assertTrue(
          fixture
              .images()
              .deleteImage(DeleteImageRequest.newBuilder().setImage(NodeFixture.ref(image)).build())
              .getDeleted());
    }
  }
}
