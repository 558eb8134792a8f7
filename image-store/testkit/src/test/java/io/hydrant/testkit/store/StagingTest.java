package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedFrame;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Bad input to a checkpoint under way: a clear refusal, and what was staged before stays good. */
class StagingTest {
  private static final int PAGES = 3_000;

  private final StoreFixture fixture;
  private final CheckpointScript script;

  StagingTest() throws Exception {
    fixture = StoreFixture.withPages(PAGES);
    script = fixture.full();
  }

  private static void assertRefused(Rejection rejection, String word, Executable call) {
    Refusal refusal = assertThrows(Refusal.class, call);
    assertEquals(rejection, refusal.rejection());
    assertTrue(
        String.valueOf(refusal.getMessage()).contains(word), String.valueOf(refusal.getMessage()));
  }

  /** The rest of a full checkpoint, so that it can be committed after a refusal. */
  private void commitAll() throws Exception {
    fill();
    script.commit();
  }

  private void fill() throws Exception {
    script.raw(7, 0, 9).zero(10, 200);
    for (int first = 201; first < PAGES; first += 256) {
      int last = Math.min(first + 255, PAGES - 1);
      if (first / 2_048 != last / 2_048) {
        script.zero(first, 2_047).zero(2_048, last);
      } else {
        script.zero(first, last);
      }
    }
  }

  @Test
  void badChecksum() throws Exception {
    PageTable table = script.table(PageEncoding.RAW, 7, 0, 3);
    ByteBuffer payload = CheckpointScript.payload(PageEncoding.RAW, 7, 0, 3);
    payload.put(
        2 * StoreFixture.PAGE_BYTES + 5, (byte) ~payload.get(2 * StoreFixture.PAGE_BYTES + 5));
    assertRefused(
        Rejection.BAD_CHECKSUM, "page 2", () -> script.staged().patch(0, 0, table, payload));
    commitAll();
  }

  @Test
  void duplicatePage() throws Exception {
    script.raw(1, 0, 0);
    assertRefused(Rejection.DUPLICATE_PAGE, "page 0", () -> script.raw(9, 0, 2));
  }

  @Test
  void duplicateZeroTract() throws Exception {
    script.raw(1, 0, 0);
    assertRefused(Rejection.DUPLICATE_PAGE, "tract 0", () -> script.staged().zeroTracts(0, 0, 2));
    script.staged().zeroTracts(0, 1, 1);
    assertRefused(Rejection.DUPLICATE_PAGE, "page 2048", () -> script.raw(9, 2_048, 2_049));
  }

  @Test
  void pageBeyondTheRegion() throws Exception {
    assertRefused(Rejection.INVALID, "beyond", () -> script.raw(1, PAGES - 1, PAGES));
    PageTable table = script.table(PageEncoding.ZERO, 0, 0, 0);
    assertRefused(
        Rejection.INVALID,
        "beyond",
        () -> script.staged().patch(0, 2, table, ByteBuffer.allocate(0)));
    assertRefused(
        Rejection.INVALID,
        "region 1",
        () -> script.staged().patch(1, 0, table, ByteBuffer.allocate(0)));
    assertRefused(
        Rejection.INVALID, "beyond", () -> script.staged().zeroTracts(0, 1, Long.MAX_VALUE));
    commitAll();
  }

  @Test
  void tooManyPagesInABatch() {
    assertRefused(Rejection.LIMIT_EXCEEDED, "257 pages", () -> script.zero(0, 256));
  }

  @Test
  void lengthsThatDoNotFit() {
    PageTable table = new PageTable(new short[] {0}, new byte[1], new int[] {100}, new int[1]);
    assertRefused(
        Rejection.INVALID,
        "100 bytes",
        () -> script.staged().patch(0, 0, table, ByteBuffer.allocate(100)));
    PageTable short1 = script.table(PageEncoding.RAW, 1, 0, 1);
    assertRefused(
        Rejection.INVALID,
        "add up",
        () -> script.staged().patch(0, 0, short1, ByteBuffer.allocate(100)));
  }

  @Test
  void wrongCountsAndDigest() throws Exception {
    script.raw(1, 0, 9);
    Command.Content right = script.content();
    Command.Content counts =
        new Command.Content(right.digest(), right.patches() + 1, right.pages(), 0, 0);
    assertRefused(Rejection.DIGEST_MISMATCH, "2 batches", () -> script.staged().finish(counts));
    Command.Content digest =
        new Command.Content(
            Digest.of(new byte[32]), right.patches(), right.pages(), right.dataBytes(), 0);
    CheckpointScript next = fixture.full();
    assertRefused(Rejection.ABORTED, "open a new one", () -> script.staged().finish(digest));
    next.raw(1, 0, 9);
    assertRefused(Rejection.INCOMPLETE, "2990", () -> next.staged().finish(digest));
  }

  @Test
  void wrongDigestEndsTheAttempt() throws Exception {
    commitAll();
    CheckpointScript next = fixture.onHead().raw(5, 0, 0);
    Command.Content wrong =
        new Command.Content(Digest.of(new byte[32]), 1, 1, StoreFixture.PAGE_BYTES, 0);
    assertRefused(Rejection.DIGEST_MISMATCH, "digest", () -> next.staged().finish(wrong));
    assertRefused(Rejection.ABORTED, "open a new one", () -> next.raw(5, 1, 1));
    fixture.onHead().raw(5, 0, 0).commit();
  }

  @Test
  void nothingBehindTheCommit() throws Exception {
    commitAll();
    CheckpointScript next = fixture.onHead().raw(5, 0, 0);
    Command.Content content = next.content();
    var first = next.staged().finish(content);
    assertRefused(
        Rejection.INVALID,
        "behind the commit",
        () ->
            next.staged()
                .patch(0, 0, next.table(PageEncoding.ZERO, 0, 3, 3), ByteBuffer.allocate(0)));
    // A repeated commit gets the same statement.
    assertEquals(content, fixture.replica().await(next.staged().finish(content)));
    assertEquals(content, fixture.replica().await(first));
  }

  @Test
  void slimChunksMustFollowEachOther() {
    assertRefused(
        Rejection.INVALID,
        "expected offset 0",
        () -> script.staged().slim(8, 0, ByteBuffer.allocate(8)));
    assertRefused(
        Rejection.BAD_CHECKSUM, "slim", () -> script.staged().slim(0, 1, ByteBuffer.allocate(8)));
  }

  @Test
  void fullDiskRefusesAndComesBack() throws Exception {
    fixture.media().disk().setCapacityBytes(0);
    assertRefused(Rejection.DISK_FULL, "nearly full", () -> fixture.store().admitOpen());
    CheckpointScript filling = fixture.full();
    assertRefused(
        Rejection.DISK_FULL,
        "no restart",
        () -> {
          for (int page = 0; page + 20 < 2_048; page += 20) {
            filling.raw(1, page, page + 19);
          }
        });
    fixture.media().disk().setCapacityBytes(Long.MAX_VALUE / 2);
    fixture.store().admitOpen();
    CheckpointScript again = fixture.full().raw(1, 0, 19).zero(20, 200);
    assertEquals(2, again.staged().patches());
  }

  @Test
  void stepsAreReadBackAsTheyWereTaken() throws Exception {
    script.raw(7, 0, 3);
    script.staged().zeroTracts(0, 1, 1);
    script.zero(4, 200);
    var store = fixture.store();
    assertTrue(store.frame(script.key(), 1).isEmpty(), "not durable yet");
    fixture.replica().await(script.staged().durable(2));
    assertTrue(
        store.frame(script.key(), 0).orElseThrow() instanceof StagedFrame.Opened(var checkpoint)
            && checkpoint.regions().equals(fixture.regions()));
    assertTrue(
        store.frame(script.key(), 1).orElseThrow() instanceof StagedFrame.Batch batch
            && batch.table().size() == 4
            && batch.payload().equals(CheckpointScript.payload(PageEncoding.RAW, 7, 0, 3)));
    assertEquals(new StagedFrame.ZeroTracts(0, 1, 1), store.frame(script.key(), 2).orElseThrow());
    assertTrue(
        store.frame(script.key(), 3).orElseThrow() instanceof StagedFrame.Batch batch
            && batch.table().size() == 197);
    assertTrue(store.frame(script.key(), 4).isEmpty(), "not there yet");
  }

  @Test
  void theEndIsReadBackToo() throws Exception {
    fill();
    fixture.replica().await(script.staged().finish(script.content()));
    int end = script.staged().patches() + 1;
    assertEquals(
        new StagedFrame.Finished(script.content()),
        fixture.store().frame(script.key(), end).orElseThrow());
    assertTrue(fixture.store().frame(script.key(), end + 1).isEmpty());
    script.commit();
    assertTrue(fixture.store().frame(script.key(), 0).isEmpty(), "published");
  }

  @Test
  void anInterruptedCheckpointCannotBeContinued() throws Exception {
    script.raw(1, 0, 9);
    fixture.replica().await(script.staged().durable(1));
    fixture.powerCut();
    var left = fixture.store().staged(script.key(), fixture.epoch());
    assertEquals(1, left.patches());
    assertRefused(Rejection.ABORTED, "cannot be continued", () -> left.zeroTracts(0, 1, 1));
    assertRefused(Rejection.ABORTED, "not complete", () -> left.finish(script.content()));
  }

  /** Whoever got it while it was open may come back for it later. */
  @Test
  void anInterruptedCheckpointThatHasEndedIsRefusedThoughItsSegmentIsGone() throws Exception {
    script.all(1, 20);
    fixture.replica().await(script.staged().finish(script.content()));
    fixture.powerCut();
    var left = fixture.store().staged(script.key(), fixture.epoch());
    assertEquals(script.content(), fixture.replica().await(left.finish(script.content())));
    fixture.submit(new Command.Abort(script.key(), Optional.of(fixture.epoch())));
    for (int i = 0; i < 4; i++) {
      fixture.full().all(1_000 * i, 20).commit();
    }
    fixture.snapshot();
    assertRefused(Rejection.ABORTED, "has ended", () -> left.finish(script.content()));
  }
}
