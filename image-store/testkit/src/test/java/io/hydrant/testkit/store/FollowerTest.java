package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.store.MissingView;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.engine.store.TractSet;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/**
 * A replica that does not lead: frames and entries reach it by different ways, so either may be
 * first (PROTOCOL R10).
 */
class FollowerTest {
  private static final int PAGES = 3_000;

  private final StoreFixture fixture;

  FollowerTest() throws Exception {
    fixture = StoreFixture.withPages(PAGES);
    fixture.replica().joinOthers();
  }

  private static void assertRefused(Rejection rejection, Executable call) {
    assertEquals(rejection, assertThrows(Refusal.class, call).rejection());
  }

  /** The pages of a full checkpoint: 10 with content, the rest zero. */
  private static CheckpointScript fill(CheckpointScript script, long seed) throws Exception {
    return script.all(seed, 10);
  }

  private CheckpointKey base() throws Exception {
    return fill(fixture.full(), 1).commit();
  }

  private ByteBuffer page(ReadPoint point, int page) throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
    fixture.store().pages().read(point, 0, new long[] {page}, target);
    return target.flip();
  }

  private void assertPage(CheckpointKey key, long seed, int page) throws Exception {
    assertEquals(
        CheckpointScript.payload(PageEncoding.RAW, seed, page, page),
        page(fixture.read(key), page));
  }

  private void assertNotHere(CheckpointKey key) throws Exception {
    ReadPoint point = fixture.read(key);
    assertRefused(Rejection.NOT_HERE, () -> page(point, 0));
    assertRefused(Rejection.NOT_HERE, () -> page(point, 2_500));
    assertRefused(Rejection.NOT_HERE, () -> fixture.store().slim().chunks(point));
    assertRefused(Rejection.NOT_HERE, () -> fixture.store().pages().describe(point, 0, 0, 1));
  }

  private long missing() {
    return fixture.store().gauges().getOrDefault("missing_checkpoint_count", -1L);
  }

  private boolean happened(Class<? extends StoreEvent> event) {
    return fixture.replica().events().stream().anyMatch(event::isInstance);
  }

  private void finish(CheckpointScript script) throws Exception {
    fixture.replica().await(script.staged().finish(script.content()));
    fixture.runBackground();
  }

  @Test
  void framesBeforeOpen() throws Exception {
    CheckpointScript early = fill(fixture.receive(fixture.fullAs(1)), 5);
    assertEquals(early.key(), fixture.openFull());
    assertSame(early.staged(), fixture.store().staged(early.key(), fixture.epoch()));
    assertSame(early.staged(), fixture.receive(fixture.fullAs(1)).staged());
    early.commit();
    assertPage(early.key(), 5, 3);
    assertEquals(0, missing());
    assertFalse(happened(StoreEvent.BytesAwaited.class));
  }

  @Test
  void framesBeforeTheImage() throws Exception {
    CheckpointInfo first = fixture.fullAs(1);
    CheckpointKey key = CheckpointKey.of(fixture.image().value() + 1, 1);
    StagedCheckpoint early = fixture.store().receive(key, first);
    early.zeroTracts(0, 0, 2);
    fixture.submit(new Command.CreateImage("next", 16));
    assertSame(early, fixture.store().receive(key, first));
  }

  @Test
  void framesOfUnknownIdsSurviveARestart() throws Exception {
    CheckpointScript early = fill(fixture.receive(fixture.fullAs(1)), 5);
    finish(early);
    fixture.snapshot();
    fixture.powerCut();
    assertEquals(early.key(), fixture.openFull());
    early.commitEntry();
    assertPage(early.key(), 5, 3);
  }

  @Test
  void unknownIdsAreBounded() throws Exception {
    for (int id = 1; id <= 64; id++) {
      fixture.receive(fixture.fullAs(id)).raw(id, 0, 0);
    }
    assertRefused(Rejection.LIMIT_EXCEEDED, () -> fixture.receive(fixture.fullAs(65)));
    fixture.receive(fixture.fullAs(64)).raw(1, 1, 1);
    fixture.openFull();
    fixture.receive(fixture.fullAs(65));
  }

  @Test
  void finalIdsAreRefused() throws Exception {
    CheckpointKey committed = base();
    assertRefused(
        Rejection.ABORTED,
        () -> fixture.store().receive(committed, fixture.fullAs(committed.checkpoint().value())));
    CheckpointKey aborted = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(aborted.checkpoint().value());
    CheckpointScript script = fixture.receive(asOpened).raw(3, 0, 0);
    fixture.submit(new Command.Abort(aborted, Optional.of(fixture.epoch())));
    assertRefused(Rejection.ABORTED, () -> script.raw(3, 1, 1));
    assertRefused(Rejection.ABORTED, () -> fixture.receive(asOpened));
    fixture.submit(new Command.DeleteImage(fixture.image(), false));
    assertRefused(Rejection.ABORTED, () -> fixture.receive(asOpened));
  }

  @Test
  void whatWasOpenedOtherwiseIsRefused() throws Exception {
    CheckpointKey key = fixture.openFull();
    CheckpointInfo as = fixture.fullAs(key.checkpoint().value());
    CheckpointInfo other =
        new CheckpointInfo(
            as.id(), as.base(), CheckpointKind.INCREMENTAL, as.epoch(), as.regions(), as.commit());
    assertRefused(Rejection.INVALID, () -> fixture.store().receive(key, other));
    CheckpointInfo stale =
        new CheckpointInfo(as.id(), as.base(), as.kind(), new Epoch(99), as.regions(), as.commit());
    assertRefused(Rejection.STALE_EPOCH, () -> fixture.store().receive(key, stale));
  }

  @Test
  void entryBeforeFrames() throws Exception {
    CheckpointKey first = base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(key.checkpoint().value());
    CheckpointScript sent = fixture.receive(asOpened);
    // Another replica's frames make the digest; here they come after the entry.
    sent.raw(7, 3, 3);
    sent.commitEntry();
    assertEquals(1, missing());
    assertNotHere(key);
    assertPage(first, 1, 3);
    assertSame(sent.staged(), fixture.receive(asOpened).staged());
    finish(sent);
    assertEquals(0, missing());
    assertPage(key, 7, 3);
    assertPage(key, 1, 4);
    assertPage(first, 1, 3);
    assertRefused(Rejection.ABORTED, () -> fixture.receive(asOpened));
    fixture.powerCut();
    assertEquals(0, missing());
    assertPage(key, 7, 3);
  }

  @Test
  void entryBeforeAnyFrame() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(key.checkpoint().value());
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    assertNotHere(key);
    CheckpointScript late = fixture.receive(asOpened).raw(7, 3, 3);
    finish(late);
    assertPage(key, 7, 3);
    assertEquals(0, missing());
  }

  /** What an increment of page 3 states. */
  private static Command.Content contentOf(long seed) throws Exception {
    StoreFixture other = StoreFixture.withPages(PAGES);
    return other.full().raw(seed, 3, 3).content();
  }

  @Test
  void unsyncedAtApply() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript script =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    script.staged().finish(script.content()); // and nobody has synced yet
    script.commitEntry();
    assertNotHere(key);
    fixture.runBackground();
    assertPage(key, 7, 3);
    assertEquals(0, missing());
  }

  @Test
  void descendantsOfWhatIsMissingAreMissingToo() throws Exception {
    CheckpointKey first = base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript late =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    late.commitEntry();
    CheckpointKey next = fixture.onHead().raw(8, 4, 4).commit();
    assertNotHereButSlim(next);
    assertPage(first, 1, 4);
    finish(late);
    assertPage(next, 7, 3);
    assertPage(next, 8, 4);
    assertPage(key, 1, 4);
  }

  private void assertNotHereButSlim(CheckpointKey key) throws Exception {
    ReadPoint point = fixture.read(key);
    assertRefused(Rejection.NOT_HERE, () -> page(point, 0));
    assertTrue(fixture.store().slim().chunks(point).isEmpty());
  }

  @Test
  void otherBytesThanWereCommittedAreOfNoUse() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(key.checkpoint().value());
    CheckpointScript other = fixture.receive(asOpened).raw(8, 3, 3);
    finish(other);
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    assertNotHere(key);
    assertTrue(happened(StoreEvent.BytesMissing.class));
    assertEquals(1, missing());
    CheckpointScript late = fixture.receive(asOpened).raw(9, 3, 3);
    finish(late);
    assertNotHere(key);
    CheckpointScript right = fixture.receive(asOpened).raw(7, 3, 3);
    finish(right);
    assertPage(key, 7, 3);
  }

  @Test
  void aWrongClaimEndsTheLateReceiver() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(key.checkpoint().value());
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    CheckpointScript wrong = fixture.receive(asOpened).raw(8, 3, 3);
    assertRefused(Rejection.DIGEST_MISMATCH, () -> wrong.staged().finish(contentOf(7)));
    fixture.runBackground();
    CheckpointScript right = fixture.receive(asOpened).raw(7, 3, 3);
    finish(right);
    assertPage(key, 7, 3);
  }

  @Test
  void abortedWhileStaging() throws Exception {
    CheckpointKey first = base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript script =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    script.staged().finish(script.content());
    fixture.submit(new Command.Abort(key, Optional.of(fixture.epoch())));
    fixture.runBackground();
    assertEquals(0, missing());
    assertEquals(0L, fixture.store().gauges().get("staged_checkpoint_count"));
    assertPage(first, 1, 3);
  }

  @Test
  void restartWithAllDurableAndTheEntryInTheLogOnly() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript script =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    script.commitEntry();
    fixture.replica().await(script.staged().finish(script.content())); // durable, not merged yet
    fixture.powerCut();
    assertEquals(0, missing());
    assertPage(key, 7, 3);
  }

  @Test
  void restartBehindASnapshotThatLacksIt() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript script =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    script.commitEntry();
    fixture.snapshot();
    fixture.replica().await(script.staged().finish(script.content()));
    fixture.powerCut();
    assertEquals(0, missing());
    assertPage(key, 7, 3);
    fixture.closeAndReopen();
    assertPage(key, 7, 3);
  }

  @Test
  void restartInTheMiddleLeavesItMissing() throws Exception {
    CheckpointKey first = base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointInfo asOpened = fixture.onHeadAs(key.checkpoint().value());
    CheckpointScript script = fixture.receive(asOpened).raw(7, 3, 3);
    fixture.replica().await(script.staged().durable(1));
    script.commitEntry();
    fixture.snapshot();
    fixture.powerCut();
    assertEquals(1, missing());
    assertNotHere(key);
    assertPage(first, 1, 3);
    // What an earlier life began cannot be continued; the leader may send it whole again.
    CheckpointScript again = fixture.receive(asOpened).raw(7, 3, 3);
    finish(again);
    assertPage(key, 7, 3);
  }

  @Test
  void lateAfterItWasRetired() throws Exception {
    CheckpointKey first = base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript late =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    late.commitEntry();
    CheckpointKey next = fixture.onHead().raw(8, 4, 4).commit();
    fixture.submit(new Command.SetRetention(fixture.image(), 1));
    fixture.submit(
        new Command.Retire(fixture.image(), List.of(first.checkpoint(), key.checkpoint())));
    assertEquals(1, missing(), "the next one builds on it");
    finish(late);
    assertEquals(0, missing());
    assertPage(next, 7, 3);
    assertPage(next, 1, 5);
  }

  @Test
  void lateAfterTheImageWasDeleted() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript late =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    late.commitEntry();
    late.staged().finish(late.content());
    fixture.submit(new Command.DeleteImage(fixture.image(), false));
    fixture.runBackground();
    assertEquals(0, missing());
    assertFalse(happened(StoreEvent.Fault.class));
    assertEquals(Optional.empty(), fixture.store().catalog().image(new ImageId(1)));
  }

  @Test
  void theHoldMarkStopsBeforeWhatIsMissing() throws Exception {
    base();
    assertEquals(fixture.store().applied().index(), fixture.store().holdMark());
    CheckpointKey key = fixture.openOnHead();
    CheckpointScript late =
        fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(7, 3, 3);
    late.commitEntry();
    long before = fixture.store().applied().index() - 1;
    assertEquals(before, fixture.store().holdMark());
    fixture.submit(new Command.SetRetention(fixture.image(), 16));
    assertEquals(before, fixture.store().holdMark());
    finish(late);
    assertEquals(fixture.store().applied().index(), fixture.store().holdMark());
    assertFalse(happened(StoreEvent.HoldMarkFell.class));
  }

  @Test
  void whatIsRepairedIsHeldWhenTheIndexHasIt() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    fixture.snapshot();
    long before = fixture.store().holdMark();
    // As if the tracts had been fetched and merged.
    fixture.store().missing().proven(key, fixture.store().missing().lacking(key));
    assertEquals(0, missing());
    assertEquals(before, fixture.store().holdMark());
    fixture.submit(new Command.SetRetention(fixture.image(), 16));
    fixture.snapshot();
    assertEquals(fixture.store().applied().index(), fixture.store().holdMark());
  }

  @Test
  void lessIsLackingAsItIsProven() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    MissingView view = fixture.store().missing();
    assertEquals(2, view.lacking(key).size());
    view.proven(key, TractSet.NONE.plus(0, 1));
    assertEquals(0, page(fixture.read(key), 2_500).remaining(), "a zero page");
    assertEquals(
        List.of(
            new MissingView.Lack(
                key.image(), key.checkpoint(), TractSet.NONE.plus(0, 0).plusSlim())),
        view.lacks());
    fixture.snapshot();
    fixture.powerCut();
    assertEquals(1, fixture.store().missing().lacks().size());
    fixture.store().missing().proven(key, TractSet.NONE.plus(0, 0).plusSlim());
    assertEquals(List.of(), fixture.store().missing().lacks());
    assertEquals(0, missing());
  }

  /** A row of tracts that no image can have would never be read again. */
  @Test
  void tractsThatThereAreNotAreLeftOut() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    TractSet beyond = TractSet.NONE.plus(0, 1 << 20).plus(256, 0);
    fixture.store().missing().proven(key, beyond.plus(0, 1));
    fixture.store().missing().proven(key, TractSet.NONE.plus(0, 1 << 21).plus(300, 7));
    fixture.snapshot();
    fixture.powerCut();
    assertEquals(TractSet.NONE.plus(0, 0).plusSlim(), fixture.store().missing().lacking(key));
    fixture.store().missing().proven(key, beyond.plus(0, 0).plusSlim());
    assertEquals(0, missing());
  }

  @Test
  void whoIsClosedTakesNoProofs() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    fixture.runBackground();
    fixture.store().close();
    fixture.store().missing().proven(key, TractSet.ALL);
  }

  /** A quiet group has no entries that would make a snapshot due. */
  @Test
  void theHoldMarkRisesAfterARepairWithoutAnotherEntry() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    fixture.snapshot();
    assertFalse(fixture.store().snapshotDue());
    fixture.store().missing().proven(key, TractSet.NONE.plusSlim());
    assertFalse(fixture.store().snapshotDue(), "no flush would raise it yet");
    fixture.store().missing().proven(key, TractSet.ALL);
    assertTrue(fixture.store().snapshotDue());
    fixture.snapshot();
    assertEquals(fixture.store().applied().index(), fixture.store().holdMark());
    assertFalse(fixture.store().snapshotDue());
    fixture.powerCut();
    assertEquals(0, missing());
  }

  @Test
  void closingKeepsWhatWasRepairedSinceTheLastEntry() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    fixture.snapshot();
    fixture.store().missing().proven(key, TractSet.ALL);
    fixture.closeAndReopen();
    assertEquals(0, missing());
  }

  @Test
  void missingCheckpointsAreBounded() throws Exception {
    base();
    Command.Content content = contentOf(7);
    for (int i = 0; i < 300; i++) {
      CheckpointKey key = fixture.openOnHead();
      fixture.submit(new Command.Commit(key, fixture.epoch(), content, List.of("others")));
    }
    assertEquals(256 + 1, missing(), "and what is unknown counts as one");
    CheckpointScript full = fill(fixture.full(), 5);
    full.commit();
    assertPage(full.key(), 5, 3);
    fixture.powerCut();
    assertPage(full.key(), 5, 3);
  }

  @Test
  void lateReceiversAreBounded() throws Exception {
    base();
    CheckpointScript[] late = new CheckpointScript[66];
    for (int i = 0; i < late.length; i++) {
      CheckpointKey key = fixture.openOnHead();
      late[i] = fixture.receive(fixture.onHeadAs(key.checkpoint().value())).raw(i, 0, 0);
      if (i == 2) {
        late[0].raw(5, 1, 1);
      }
      fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    }
    // Two too many: those that were fed least recently went.
    assertRefused(Rejection.ABORTED, () -> late[1].raw(1, 1, 1));
    assertRefused(Rejection.ABORTED, () -> late[2].raw(1, 1, 1));
    late[0].raw(5, 2, 2);
    late[3].raw(5, 2, 2);
    CheckpointInfo again = fixture.onHeadAs(late[1].key().checkpoint().value());
    assertRefused(Rejection.LIMIT_EXCEEDED, () -> fixture.receive(again));
  }

  @Test
  void anIncrementMayBuildOnWhatIsAwaited() throws Exception {
    base();
    CheckpointKey key = fixture.openOnHead();
    fixture.submit(new Command.Commit(key, fixture.epoch(), contentOf(7), List.of("others")));
    fixture
        .store()
        .admitOpen(
            new Command.Open(
                fixture.image(),
                fixture.epoch(),
                CheckpointKind.INCREMENTAL,
                Optional.of(new CheckpointId(key.checkpoint().value())),
                Optional.empty()));
  }
}
