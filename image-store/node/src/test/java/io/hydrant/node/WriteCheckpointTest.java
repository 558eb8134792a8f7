package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.ListCheckpointsRequest;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Rejected;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import io.hydrant.v1.SlimChunk;
import io.hydrant.v1.StatsRequest;
import io.hydrant.v1.WriteCheckpointRequest;
import io.hydrant.v1.WriteCheckpointResponse;
import io.hydrant.v1.ZeroTracts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The way in: order, bad input, broken streams, settling. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WriteCheckpointTest {
  private static final int PAGES = 16;

  private NodeFixture fixture;
  private final List<WriteStream> streams = new ArrayList<>();
  private int images;

  @BeforeAll
  void start(@TempDir Path directory) throws Exception {
    fixture = new NodeFixture(directory, Map.of("ingest.streams-max", "8"));
  }

  @AfterAll
  void stop() throws Exception {
    fixture.close();
  }

  @AfterEach
  void noDiskFailed() throws Exception {
    streams.forEach(WriteStream::cancel);
    streams.clear();
    awaitNoStream();
    assertEquals(List.of(), fixture.faults());
  }

  private TestImage image() {
    return fixture.image("vm-" + images++, PAGES);
  }

  private WriteStream stream() {
    WriteStream stream = new WriteStream(fixture.channel());
    streams.add(stream);
    return stream;
  }

  private long head(TestImage image) {
    return fixture
        .images()
        .getImage(GetImageRequest.newBuilder().setImage(NodeFixture.ref(image)).build())
        .getHead();
  }

  private static Rejected assertRejected(
      WriteCheckpointResponse answer, long attempt, Reason reason) {
    assertEquals(attempt, answer.getAttempt(), answer::toString);
    assertTrue(answer.hasRejected(), answer::toString);
    assertEquals(reason, answer.getRejected().getReason(), answer::toString);
    assertTrue(!answer.getRejected().getMessage().isEmpty());
    return answer.getRejected();
  }

  /**
   * Sends a batch that is bad in one way to a checkpoint that is open, and looks at the stream
   * after it.
   */
  private String assertBatchRejected(Reason reason, UnaryOperator<Pages.Builder> spoil)
      throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    WriteStream stream = stream().openOn(1, image, full);
    Draft draft = new Draft(PAGES);
    stream.batch(1, spoil.apply(draft.raw(2, 3, 4).toBuilder()).build());
    // What was sent before the rejection arrived is passed over.
    stream.batch(1, draft.raw(2, 9)).commit(1, draft.commit());
    assertTrue(stream.next().hasOpened());
    Rejected rejected = assertRejected(stream.next(), 1, reason);
    assertEquals(full, rejected.getHead());
    Draft next = new Draft(PAGES);
    stream.openOn(2, image, full).batch(2, next.raw(3, 1)).commit(2, next.commit());
    assertTrue(stream.next().hasOpened());
    WriteCheckpointResponse committed = stream.next();
    assertTrue(committed.hasCommitted(), "the stream goes on: " + committed);
    assertEquals(committed.getCommitted().getCheckpoint(), head(image));
    stream.halfClose();
    assertTrue(stream.completed());
    return rejected.getMessage();
  }

  @Test
  void aBatchWithAFalseChecksumEndsItsAttempt() throws Exception {
    String message =
        assertBatchRejected(
            Reason.REASON_BAD_CHECKSUM, b -> b.setChecksum(1, b.getChecksum(1) ^ 1));
    assertTrue(message.contains("page 4"), message);
  }

  @Test
  void aBatchThatIsNoBatchEndsItsAttempt() throws Exception {
    assertBatchRejected(Reason.REASON_INVALID, b -> b.setRegion(1));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.setPage(1, PAGES));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.setPage(1, -1));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.setPage(0, 5));
    assertBatchRejected(Reason.REASON_DUPLICATE_PAGE, b -> b.setPage(1, 3));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.addPage(5));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.addChecksum(5));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.addLength(4096));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.addLength(4096).addLength(-4096));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.setData(b.getData().substring(1)));
    assertBatchRejected(Reason.REASON_INVALID, b -> b.setData(b.getData().concat(b.getData())));
    assertBatchRejected(Reason.REASON_INVALID, b -> Pages.newBuilder());
    assertBatchRejected(
        Reason.REASON_INVALID, b -> b.setEncoding(ByteString.copyFrom(new byte[] {0, 4})));
    assertBatchRejected(
        Reason.REASON_INVALID, b -> b.setEncoding(ByteString.copyFrom(new byte[] {0, 1})));
    assertBatchRejected(
        Reason.REASON_INVALID, b -> b.setEncoding(ByteString.copyFrom(new byte[] {0, 2})));
    assertBatchRejected(
        Reason.REASON_BAD_CHECKSUM,
        b ->
            b.setEncoding(ByteString.copyFrom(new byte[] {0, 2}))
                .addLength(4096)
                .addLength(17)
                .setData(b.getData().substring(0, 4096 + 17)));
    assertBatchRejected(
        Reason.REASON_LIMIT_EXCEEDED,
        b -> {
          for (int page = 5; page < 300; page++) {
            b.addPage(page);
          }
          return b;
        });
  }

  @Test
  void aPageThatIsThereTwiceEndsItsAttempt() throws Exception {
    TestImage image = image();
    Draft draft = new Draft(PAGES);
    WriteStream stream = stream().openFull(1, image);
    stream.batch(1, draft.raw(1, 0, 1)).batch(1, draft.raw(1, 1, 2));
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 1, Reason.REASON_DUPLICATE_PAGE);
    stream.halfClose();
  }

  private void assertCommitRejected(Reason reason, UnaryOperator<CommitCheckpoint.Builder> spoil)
      throws Exception {
    TestImage image = image();
    Draft draft = new Draft(PAGES);
    WriteStream stream = stream().openFull(1, image);
    stream.batch(1, draft.raw(1, 0, 1)).batch(1, draft.zero(2, PAGES - 2));
    stream.commit(1, spoil.apply(draft.commit().toBuilder()).build());
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 1, reason);
    assertEquals(0, head(image));
    stream.halfClose();
    assertTrue(stream.completed());
  }

  @Test
  void aCommitThatClaimsSomethingElseEndsItsAttempt() throws Exception {
    assertCommitRejected(Reason.REASON_DIGEST_MISMATCH, c -> c.setBatchCount(1));
    assertCommitRejected(Reason.REASON_DIGEST_MISMATCH, c -> c.setPageCount(3));
    assertCommitRejected(Reason.REASON_DIGEST_MISMATCH, c -> c.setSlimBytes(1));
    assertCommitRejected(
        Reason.REASON_DIGEST_MISMATCH, c -> c.setDigest(ByteString.copyFrom(new byte[32])));
    assertCommitRejected(
        Reason.REASON_INVALID, c -> c.setDigest(ByteString.copyFrom(new byte[31])));
  }

  @Test
  void aFullCheckpointAccountsForEveryPage() throws Exception {
    TestImage image = image();
    Draft draft = new Draft(PAGES);
    WriteStream stream = stream().openFull(1, image).batch(1, draft.raw(1, 0));
    stream.commit(1, draft.commit());
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 1, Reason.REASON_INCOMPLETE);
  }

  @Test
  void opensThatMakeNoSenseAreRejected() throws Exception {
    TestImage image = image();
    OpenCheckpoint full =
        OpenCheckpoint.newBuilder()
            .setImageUid(image.uid())
            .setEpoch(image.epoch())
            .setKind(CheckpointKind.CHECKPOINT_KIND_FULL)
            .addRegions(Draft.region(PAGES))
            .build();
    OpenCheckpoint incremental =
        full.toBuilder().clearRegions().setKind(CheckpointKind.CHECKPOINT_KIND_INCREMENTAL).build();
    assertOpenRejected(Reason.REASON_INVALID, full.toBuilder().clearKind());
    assertOpenRejected(Reason.REASON_INVALID, full.toBuilder().setBase(1));
    assertOpenRejected(Reason.REASON_INVALID, full.toBuilder().clearRegions());
    assertOpenRejected(Reason.REASON_INVALID, full.toBuilder().setImageUid(0));
    assertOpenRejected(Reason.REASON_INVALID, full.toBuilder().setEpoch(-1));
    assertOpenRejected(Reason.REASON_INVALID, full.toBuilder().addRegions(Draft.region(PAGES)));
    assertOpenRejected(
        Reason.REASON_INVALID,
        full.toBuilder().setRegions(0, Draft.region(PAGES).toBuilder().setPageBytes(1000)));
    assertOpenRejected(
        Reason.REASON_INVALID,
        full.toBuilder().setRegions(0, Draft.region(PAGES).toBuilder().setLengthBytes(4097)));
    assertOpenRejected(
        Reason.REASON_INVALID,
        full.toBuilder().setRegions(0, Draft.region(PAGES).toBuilder().clearKind()));
    OpenCheckpoint.Builder many = full.toBuilder();
    for (int i = 0; i < 256; i++) {
      many.addRegions(Draft.region(PAGES).toBuilder().setName("r" + i));
    }
    assertOpenRejected(Reason.REASON_LIMIT_EXCEEDED, many);
    assertOpenRejected(Reason.REASON_INVALID, incremental.toBuilder());
    assertOpenRejected(Reason.REASON_INVALID, incremental.toBuilder().setBase(1).setBaseAttempt(1));
    assertOpenRejected(Reason.REASON_INVALID, incremental.toBuilder().setBaseAttempt(7));
    assertOpenRejected(
        Reason.REASON_INVALID, incremental.toBuilder().setBase(1).addRegions(Draft.region(PAGES)));
    assertOpenRejected(Reason.REASON_SEND_FULL, incremental.toBuilder().setBase(1));
    assertOpenRejected(Reason.REASON_UNKNOWN_IMAGE, full.toBuilder().setImageUid(99_999));
    assertOpenRejected(Reason.REASON_STALE_EPOCH, full.toBuilder().setEpoch(99));
  }

  private void assertOpenRejected(Reason reason, OpenCheckpoint.Builder open) throws Exception {
    WriteStream stream = stream().open(1, open);
    assertRejected(stream.next(), 1, reason);
    stream.halfClose();
    assertTrue(stream.completed());
  }

  @Test
  void anotherBaseThanTheHeadIsRejectedWithTheHead() throws Exception {
    TestImage image = image();
    long first = fixture.writeFull(image, 1);
    long second = fixture.writeFull(image, 2);
    WriteStream stream = stream().openOn(1, image, first);
    assertEquals(second, assertRejected(stream.next(), 1, Reason.REASON_WRONG_BASE).getHead());
  }

  @Test
  void aSecondWriterFencesTheFirst() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    WriteStream first = stream().openOn(1, image, full);
    Draft draft = new Draft(PAGES);
    assertTrue(first.next().hasOpened());
    TestImage taken = fixture.acquire(image.uid(), image.name(), PAGES);
    assertTrue(taken.epoch() > image.epoch());
    first.batch(1, draft.raw(5, 1)).commit(1, draft.commit());
    assertRejected(first.next(), 1, Reason.REASON_ABORTED);
    first.openOn(2, image, full);
    assertRejected(first.next(), 2, Reason.REASON_STALE_EPOCH);
    WriteStream second = stream().openOn(1, taken, full);
    assertTrue(second.next().hasOpened());
  }

  @Test
  void attemptsOfALineDieTogether() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    WriteStream stream = stream().openOn(1, image, full);
    Draft one = new Draft(PAGES);
    Draft two = new Draft(PAGES);
    assertTrue(stream.next().hasOpened());
    stream.openOnAttempt(2, image, 1);
    assertTrue(stream.next().hasOpened());
    stream.batch(2, two.raw(7, 1));
    stream.abort(1);
    assertRejected(stream.next(), 1, Reason.REASON_ABORTED);
    assertRejected(stream.next(), 2, Reason.REASON_ABORTED);
    stream.openOnAttempt(3, image, 2);
    assertRejected(stream.next(), 3, Reason.REASON_ABORTED);
    stream.openOn(4, image, full).batch(4, one.raw(8, 1)).commit(4, one.commit());
    assertTrue(stream.next().hasOpened());
    assertTrue(stream.next().hasCommitted());
  }

  @Test
  void aNewerAttemptBesideEndsTheOlder() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    WriteStream stream = stream().openOn(1, image, full);
    assertTrue(stream.next().hasOpened());
    stream.openOn(2, image, full);
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 1, Reason.REASON_ABORTED);
    Draft draft = new Draft(PAGES);
    stream.batch(2, draft.raw(3, 3)).commit(2, draft.commit());
    assertTrue(stream.next().hasCommitted());
  }

  @Test
  void threeOpenAtOnceAreTooMany() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    WriteStream stream =
        stream().openOn(1, image, full).openOnAttempt(2, image, 1).openOnAttempt(3, image, 2);
    assertTrue(stream.next().hasOpened());
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 3, Reason.REASON_TOO_MANY_OPEN);
  }

  @Test
  void aSteadyStreamCommitsInOrder() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    WriteStream stream = stream();
    int count = 40;
    long base = full;
    for (int attempt = 1; attempt <= count; attempt++) {
      Draft draft = new Draft(PAGES);
      if (attempt == 1) {
        stream.openOn(attempt, image, base);
      } else {
        stream.openOnAttempt(attempt, image, attempt - 1L);
      }
      stream.batch(attempt, draft.raw(attempt, attempt % PAGES)).commit(attempt, draft.commit());
    }
    stream.halfClose();
    long committed = 0;
    long index = 0;
    while (committed < count) {
      WriteCheckpointResponse answer = stream.next();
      if (!answer.hasOpened()) {
        assertTrue(answer.hasCommitted(), answer::toString);
        assertEquals(++committed, answer.getAttempt());
        assertTrue(answer.getCommitted().getIndex() > index);
        index = answer.getCommitted().getIndex();
        base = answer.getCommitted().getCheckpoint();
      }
    }
    assertTrue(stream.completed());
    assertEquals(base, head(image));
  }

  private void assertStreamRefused(WriteStream stream) throws Exception {
    Failures.assertRefused(Reason.REASON_INVALID, Status.Code.INVALID_ARGUMENT, stream.failure());
  }

  @Test
  void messagesOutOfOrderEndTheStream() throws Exception {
    TestImage image = image();
    Draft draft = new Draft(PAGES);
    assertStreamRefused(stream().batch(1, draft.raw(1, 0)));
    assertStreamRefused(stream().openFull(0, image));
    assertStreamRefused(stream().openFull(2, image).openFull(2, image));
    assertStreamRefused(stream().openFull(2, image).openFull(1, image));
    assertStreamRefused(stream().send(WriteCheckpointRequest.newBuilder().setAttempt(1)));
    WriteStream stream = stream().openFull(1, image);
    assertTrue(stream.next().hasOpened());
    assertStreamRefused(stream.send(WriteCheckpointRequest.newBuilder().setAttempt(1)));
    Draft whole = new Draft(PAGES);
    Pages batch = whole.zero(0, PAGES);
    CommitCheckpoint commit = whole.commit();
    assertStreamRefused(
        stream().openFull(1, image).batch(1, batch).commit(1, commit).batch(1, batch));
  }

  @Test
  void wrongZeroTractsAndSlimChunksEndTheirAttempt() throws Exception {
    TestImage image = image();
    WriteStream stream = stream();
    ZeroTracts beyond = ZeroTracts.newBuilder().setFirstTract(1).setTractCount(1).build();
    stream
        .openFull(1, image)
        .send(WriteCheckpointRequest.newBuilder().setAttempt(1).setZeroTracts(beyond));
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 1, Reason.REASON_INVALID);
    SlimChunk good = new Draft(PAGES).slim(new byte[] {1, 2, 3});
    stream.openFull(2, image).slim(2, good.toBuilder().setChecksum(1).build());
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 2, Reason.REASON_BAD_CHECKSUM);
    stream.openFull(3, image).slim(3, good.toBuilder().setOffset(5).build());
    assertTrue(stream.next().hasOpened());
    assertRejected(stream.next(), 3, Reason.REASON_INVALID);
  }

  @Test
  void anOversizedMessageIsRefusedWithItsSize() throws Exception {
    TestImage image = image();
    WriteStream stream = stream().openFull(1, image);
    assertTrue(stream.next().hasOpened());
    stream.slim(1, SlimChunk.newBuilder().setData(ByteString.copyFrom(new byte[5 << 20])).build());
    String message =
        Failures.assertRefused(
            Reason.REASON_LIMIT_EXCEEDED, Status.Code.INVALID_ARGUMENT, stream.failure());
    assertTrue(message.contains("4194304"), message);
  }

  @Test
  void moreStreamsThanAllowedAreRefused() throws Exception {
    TestImage image = image();
    for (int i = 0; i < 8; i++) {
      assertTrue(stream().openFull(1, image).next().hasOpened());
    }
    Failures.assertRefused(
        Reason.REASON_OVERLOADED, Status.Code.RESOURCE_EXHAUSTED, stream().failure());
    streams.forEach(WriteStream::cancel);
    awaitNoStream();
    assertTrue(stream().openFull(1, image).next().hasOpened());
  }

  private void awaitNoStream() throws InterruptedException {
    for (int i = 0; i < 500; i++) {
      if (fixture
              .server()
              .stats(StatsRequest.getDefaultInstance())
              .getGaugesOrThrow("ingest_stream_count")
          == 0) {
        return;
      }
      Thread.sleep(5);
    }
    throw new AssertionError("streams stay");
  }

  private SettleResponse settle(TestImage image, long checkpoint, CommitCheckpoint commit)
      throws InterruptedException {
    SettleRequest request =
        SettleRequest.newBuilder()
            .setImageUid(image.uid())
            .setEpoch(image.epoch())
            .setCheckpoint(checkpoint)
            .setCommit(commit)
            .build();
    for (int i = 0; i < 200; i++) {
      SettleResponse response = fixture.checkpoints().settle(request);
      if (response.getState() != CheckpointState.CHECKPOINT_STATE_OPEN) {
        return response;
      }
      Thread.sleep(10); // until the server has noticed that the stream is gone
    }
    throw new AssertionError("not settled");
  }

  /**
   * Breaks the stream behind each of its messages in turn; settling decides, and what it says is
   * so.
   */
  @Test
  void aStreamMayBreakBehindEveryMessage() throws Exception {
    for (int cut = 1; cut <= 5; cut++) {
      TestImage image = image();
      long full = fixture.writeFull(image, 1);
      Draft draft = new Draft(PAGES);
      List<Pages> batches = List.of(draft.raw(2, 1), draft.raw(2, 2));
      SlimChunk slim = draft.slim(new byte[100]);
      CommitCheckpoint commit = draft.commit();
      WriteStream stream = stream().openOn(1, image, full);
      long id = stream.next().getOpened().getCheckpoint();
      if (cut > 1) {
        stream.batch(1, batches.get(0));
      }
      if (cut > 2) {
        stream.batch(1, batches.get(1));
      }
      if (cut > 3) {
        stream.slim(1, slim);
      }
      if (cut > 4) {
        stream.commit(1, commit);
        assertTrue(stream.next().hasCommitted());
      }
      stream.cancel();
      SettleResponse settled = settle(image, id, commit);
      if (cut > 4) {
        assertEquals(CheckpointState.CHECKPOINT_STATE_COMMITTED, settled.getState());
        assertEquals(id, head(image));
      } else if (settled.getState() == CheckpointState.CHECKPOINT_STATE_COMMITTED) {
        // Everything but the commit had arrived before the break.
        assertEquals(4, cut);
        assertTrue(settled.getIndex() > 0);
        assertEquals(id, head(image));
      } else {
        assertEquals(CheckpointState.CHECKPOINT_STATE_ABORTED, settled.getState());
        assertEquals(full, head(image));
      }
      SettleResponse again = settle(image, id, commit);
      assertEquals(settled.getState(), again.getState());
      assertTrue(
          fixture
              .images()
              .listCheckpoints(
                  ListCheckpointsRequest.newBuilder().setImage(NodeFixture.ref(image)).build())
              .getCheckpointsList()
              .stream()
              .noneMatch(c -> c.getState() == CheckpointState.CHECKPOINT_STATE_OPEN));
    }
  }

  @Test
  void whatIsCompleteMayBeSettledAfterARestart() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    Draft draft = new Draft(PAGES);
    WriteStream stream = stream().openOn(1, image, full).batch(1, draft.raw(2, 1));
    long id = stream.next().getOpened().getCheckpoint();
    CommitCheckpoint commit = draft.commit();
    stream.cancel();
    fixture.restart();
    // The manifest was never written, so it is not whole.
    SettleResponse settled = settle(image, id, commit);
    assertEquals(CheckpointState.CHECKPOINT_STATE_ABORTED, settled.getState());
    assertNotEquals(Reason.REASON_UNSPECIFIED, settled.getReason());
    assertEquals(full, head(image));
  }

  @Test
  void settlingWhatNeverWasIsRefused() throws Exception {
    TestImage image = image();
    long full = fixture.writeFull(image, 1);
    CommitCheckpoint claim =
        CommitCheckpoint.newBuilder().setDigest(ByteString.copyFrom(new byte[32])).build();
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_CHECKPOINT, Status.Code.NOT_FOUND, () -> settle(image, 999, claim));
    Failures.assertRefused(
        Reason.REASON_INVALID, Status.Code.INVALID_ARGUMENT, () -> settle(image, 0, claim));
    Failures.assertRefused(
        Reason.REASON_DIGEST_MISMATCH,
        Status.Code.FAILED_PRECONDITION,
        () -> settle(image, full, claim));
    Failures.assertRefused(
        Reason.REASON_INVALID,
        Status.Code.INVALID_ARGUMENT,
        () -> settle(image, full, CommitCheckpoint.getDefaultInstance()));
    Failures.assertRefused(
        Reason.REASON_UNKNOWN_IMAGE,
        Status.Code.NOT_FOUND,
        () -> settle(new TestImage(4_711, "none", 1, 1), 1, claim));
    WriteStream stream = stream().openOn(1, image, full);
    long open = stream.next().getOpened().getCheckpoint();
    Failures.assertRefused(
        Reason.REASON_STALE_EPOCH,
        Status.Code.FAILED_PRECONDITION,
        () -> settle(new TestImage(image.uid(), "", 77, PAGES), open, claim));
  }
}
