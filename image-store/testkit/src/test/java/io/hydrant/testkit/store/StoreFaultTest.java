package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStoreConfig.HeapBounds;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.engine.store.TractSet;
import io.hydrant.testkit.files.SimulatedCrash;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What a store does when a disk is full, unreadable or gone at a bad moment. */
class StoreFaultTest {
  private static final int PAGES = 3_000;
  private static final long PLENTY = 1L << 40;

  /** Everything that publishing needs is read back, so that reading can fail. */
  private static final long NOTHING = 0;

  private final StoreFixture fixture;

  StoreFaultTest() throws Exception {
    fixture = StoreFixture.withPages(PAGES, withHeap(NOTHING, Long.MAX_VALUE));
  }

  private static ImageStoreConfig withHeap(long recentBytes, long publishBytes) {
    return SimulatedReplica.SMALL.with(
        new HeapBounds(SimulatedReplica.SMALL.heap().mapCacheBytes(), recentBytes, publishBytes));
  }

  private static void assertRefused(Rejection rejection, Executable call) {
    assertEquals(rejection, assertThrows(Refusal.class, call).rejection());
  }

  /** A full checkpoint whose first {@code raw} pages have content, in batches of 20. */
  private CheckpointScript full(long seed, int raw) throws Exception {
    CheckpointScript script = fixture.full();
    int next = 0;
    while (next < PAGES) {
      int tractEnd = Math.min(PAGES, (next / 2_048 + 1) * 2_048);
      boolean content = next < raw;
      int end = Math.min(tractEnd, content ? Math.min(raw, next + 20) : next + 256);
      if (content) {
        script.raw(seed, next, end - 1);
      } else {
        script.zero(next, end - 1);
      }
      next = end;
    }
    return script;
  }

  private void assertPage(CheckpointKey key, long seed, int page) throws Exception {
    assertPage(fixture.read(key), seed, page);
  }

  private void assertPage(ReadPoint point, long seed, int page) throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
    fixture.store().pages().read(point, 0, new long[] {page}, target);
    assertEquals(CheckpointScript.payload(PageEncoding.RAW, seed, page, page), target.flip());
  }

  private boolean happened(Class<? extends StoreEvent> event) {
    return fixture.replica().events().stream().anyMatch(event::isInstance);
  }

  private Command.Open incrementOn(CheckpointKey base) {
    return new Command.Open(
        fixture.image(),
        fixture.epoch(),
        CheckpointKind.INCREMENTAL,
        Optional.of(base.checkpoint()),
        Optional.empty());
  }

  private void anyEntry() throws IOException {
    fixture.submit(new Command.SetRetention(fixture.image(), 16));
  }

  @Test
  void closeKeepsNoHalfAppliedEntry() throws Exception {
    full(1, 10).commit();
    CheckpointScript next = fixture.onHead().raw(7, 3, 3);
    Command.Content content = fixture.replica().await(next.staged().finish(next.content()));
    fixture.runBackground();
    fixture.media().disk().crashAfter(0); // publishing reads
    Command.Commit commit =
        new Command.Commit(next.key(), fixture.epoch(), content, List.of("self"));
    assertThrows(SimulatedCrash.class, () -> fixture.submit(commit));
    fixture.media().disk().disarm();
    assertThrows(IllegalStateException.class, () -> fixture.store().snapshot());
    assertThrows(IllegalStateException.class, this::anyEntry);
    fixture.closeAndReopen();
    assertPage(next.key(), 7, 3);
  }

  @Test
  void closeKeepsWholeEntries() throws Exception {
    CheckpointKey key = full(1, 10).commit();
    EntryPosition applied = fixture.store().applied();
    fixture.closeAndReopen();
    assertEquals(applied, fixture.store().snapshotPosition());
    assertPage(key, 1, 3);
  }

  @Test
  void deletingAnImageFreesAFullDisk() throws Exception {
    full(1, 1_000).commit();
    fixture.snapshot();
    fixture.media().disk().setFreeBytes(63L << 20);
    assertRefused(Rejection.DISK_FULL, () -> fixture.store().admitOpen());
    fixture.submit(new Command.DeleteImage(fixture.image(), false));
    fixture.runBackground();
    fixture.store().admitOpen();
  }

  @Test
  void lowerRetentionFreesAFullDisk() throws Exception {
    CheckpointKey first = full(1, 1_000).commit();
    CheckpointScript second = fixture.onHead();
    for (int page = 0; page < 1_000; page += 20) {
      second.raw(2, page, page + 19);
    }
    second.commit();
    fixture.snapshot();
    fixture.submit(new Command.SetRetention(fixture.image(), 1));
    fixture.media().disk().setFreeBytes(63L << 20);
    fixture.submit(new Command.Retire(fixture.image(), List.of(first.checkpoint())));
    fixture.runBackground();
    fixture.store().admitOpen();
    assertPage(second.key(), 2, 999);
  }

  @Test
  void aSnapshotWaitsForRoom() throws Exception {
    CheckpointKey key = full(1, 10).commit();
    fixture.runBackground();
    EntryPosition before = fixture.store().snapshotPosition();
    fixture.media().disk().setFreeBytes(0);
    CompletableFuture<EntryPosition> snapshot = fixture.store().snapshot();
    assertEquals(before, fixture.replica().await(snapshot));
    assertFalse(happened(StoreEvent.Fault.class));
    assertRefused(Rejection.DISK_FULL, () -> fixture.store().admitOpen());
    assertFalse(fixture.store().snapshotDue());

    fixture.media().disk().setFreeBytes(PLENTY);
    assertTrue(fixture.store().snapshotDue());
    anyEntry();
    fixture.runBackground();
    fixture.store().admitOpen();
    assertNotEquals(before, fixture.store().snapshotPosition());
    fixture.powerCut();
    assertPage(key, 1, 9);
  }

  @Test
  void closingWithoutRoomLosesNothing() throws Exception {
    CheckpointKey key = full(1, 10).commit();
    fixture.runBackground();
    fixture.media().disk().setFreeBytes(0);
    fixture.replica().await(fixture.store().snapshot());
    fixture.closeAndReopen();
    assertPage(key, 1, 9);
  }

  @Test
  void whatCouldNotBeReadTakesNoIncrements() throws Exception {
    CheckpointKey base = full(1, 10).commit();
    CheckpointScript next = fixture.onHead().raw(7, 3, 3);
    fixture.store().admitOpen(incrementOn(base));
    fixture.replica().await(next.staged().finish(next.content()));
    String file = makeUnreadable(7, 3);
    CheckpointKey missing = next.commit();
    assertTrue(happened(StoreEvent.BytesMissing.class));
    assertRefused(Rejection.SEND_FULL, () -> fixture.store().admitOpen(incrementOn(missing)));
    // The last segment is read at a start: what is unreadable must lie before it.
    full(9, 100).commit();
    fixture.closeAndReopen();
    assertRefused(Rejection.SEND_FULL, () -> fixture.store().admitOpen(incrementOn(missing)));
    assertRefused(Rejection.NOT_HERE, () -> assertPage(missing, 7, 3));
    assertRefused(Rejection.NOT_HERE, () -> fixture.store().slim().chunks(fixture.read(missing)));
    assertPage(base, 1, 3);

    for (int round = 0; round < 4; round++) {
      CheckpointKey replaced = full(round, 100).commit();
      fixture.store().admitOpen(incrementOn(replaced));
      fixture.snapshot();
    }
    assertTrue(fixture.media().segments().list().contains(file), file + " was recycled");
    for (SessionId session :
        fixture.store().catalog().image(fixture.image()).orElseThrow().sessions().keySet()) {
      fixture.submit(new Command.Unpin(session, Optional.empty()));
    }
    fixture.submit(new Command.SetRetention(fixture.image(), 1));
    fixture.submit(
        new Command.Retire(fixture.image(), List.of(base.checkpoint(), missing.checkpoint())));
    assertEquals(0L, fixture.store().gauges().get("missing_checkpoint_count"));
  }

  /** The sync lied, or somebody removed it: nobody else has these bytes. */
  @Test
  void lostBytesTakeNoIncrementsWhereNobodyElseHasThem() throws Exception {
    CheckpointKey base = full(1, 10).commit();
    CheckpointScript next = large(70_000);
    fixture.replica().await(next.staged().durable(10));
    fixture.powerCut(); // and there is no manifest
    CheckpointKey lost = next.commitEntry();
    assertLost(lost);
    assertPage(base, 1, 3);
    CheckpointKey never = fixture.openOnHead();
    fixture.submit(new Command.Commit(never, fixture.epoch(), next.content(), List.of("self")));
    assertRefused(Rejection.SEND_FULL, () -> fixture.store().admitOpen(incrementOn(never)));
    assertKept(70_000, 100, lost);
    CheckpointKey full = full(9, 10).commit();
    fixture.store().admitOpen(incrementOn(full));
  }

  @Test
  void otherBytesTakeNoIncrementsWhereNobodyElseHasTheRightOnes() throws Exception {
    full(1, 10).commit();
    CheckpointScript next = large(70_000);
    fixture.replica().await(next.staged().finish(next.content()));
    Command.Content other = StoreFixture.withPages(PAGES).full().raw(80_000, 3, 3).content();
    fixture.submit(new Command.Commit(next.key(), fixture.epoch(), other, List.of("self")));
    assertLost(next.key());
    assertKept(70_000, 100, next.key());
  }

  /** An increment of 200 pages, the middle of which shares its segment with nothing else. */
  private CheckpointScript large(long seed) throws Exception {
    CheckpointScript script = fixture.onHead();
    for (int page = 0; page < 200; page += 20) {
      script.raw(seed, page, page + 19);
    }
    return script;
  }

  private void assertLost(CheckpointKey lost) {
    assertTrue(happened(StoreEvent.BytesMissing.class));
    assertFalse(happened(StoreEvent.BytesAwaited.class));
    assertRefused(Rejection.SEND_FULL, () -> fixture.store().admitOpen(incrementOn(lost)));
    assertRefused(Rejection.NOT_HERE, () -> assertPage(lost, 70_000, 3));
  }

  /** What is left of a lost checkpoint outlives snapshots and restarts. */
  private void assertKept(long seed, int page, CheckpointKey lost) throws Exception {
    String file = atPage(seed, page, 0, (_, _, _) -> {});
    for (int round = 0; round < 4; round++) {
      full(round, 100).commit();
      fixture.snapshot();
      fixture.closeAndReopen();
      assertRefused(Rejection.SEND_FULL, () -> fixture.store().admitOpen(incrementOn(lost)));
    }
    assertTrue(fixture.media().segments().list().contains(file), file + " was recycled");
    assertEquals(file, atPage(seed, page, 0, (_, _, _) -> {}));
  }

  /**
   * Whatever made it so, also what is only awaited, or unknown, counts as lost for who is alone.
   */
  @Test
  void whoIsLeftAloneTakesNoIncrementsOnWhatIsAwaited() throws Exception {
    CheckpointScript full = full(1, 10);
    full.commit();
    fixture.replica().joinOthers();
    CheckpointKey awaited = fixture.openOnHead();
    fixture.submit(new Command.Commit(awaited, fixture.epoch(), full.content(), List.of("others")));
    fixture.store().admitOpen(incrementOn(awaited));
    fixture.replica().leaveOthers();
    assertRefused(Rejection.SEND_FULL, () -> fixture.store().admitOpen(incrementOn(awaited)));
    fixture.store().missing().proven(awaited, TractSet.ALL);
    fixture.store().admitOpen(incrementOn(awaited));
  }

  /** Makes the record unreadable whose payload is one page; returns the name of the file. */
  private String makeUnreadable(long seed, int page) throws IOException {
    return atPage(seed, page, -8, fixture.media().disk()::makeUnreadable);
  }

  private interface Spoiler {
    void spoil(String directory, String file, long position) throws IOException;
  }

  private String atPage(long seed, int page, int distance, Spoiler spoiler) throws IOException {
    ByteBuffer content = CheckpointScript.payload(PageEncoding.RAW, seed, page, page);
    String found = "";
    // Recovery may have left a copy.
    for (String name : fixture.media().segments().list()) {
      ByteBuffer file = ByteBuffer.wrap(fixture.media().disk().bytes("segments", name));
      for (int at = 0; at + content.limit() <= file.limit(); at++) {
        if (file.getLong(at) == content.getLong(0)
            && file.slice(at, content.limit()).equals(content)) {
          spoiler.spoil("segments", name, at + distance);
          found = name;
        }
      }
    }
    assertNotEquals("", found, "the page is in no segment");
    return found;
  }

  @Test
  void recoveredBytesAreCheckedBeforeTheyAreStated() throws Exception {
    full(1, 10).commit();
    CheckpointScript next = fixture.onHead().raw(7, 3, 3);
    Command.Content content = next.content();
    fixture.replica().await(next.staged().finish(content));
    fixture.snapshot();
    fixture.powerCut();
    assertEquals(
        content,
        fixture
            .replica()
            .await(fixture.store().staged(next.key(), fixture.epoch()).finish(content)));
    atPage(
        7, 3, 100, (directory, file, at) -> fixture.media().disk().flipBit(directory, file, at, 3));
    assertRefused(
        Rejection.ABORTED,
        () -> fixture.store().staged(next.key(), fixture.epoch()).finish(content));
  }

  @Test
  void anEndedSessionSeesNoDamage() throws Exception {
    CheckpointKey key = full(1, 10).commit();
    ReadPoint point = fixture.read(key);
    fixture.submit(new Command.Unpin(point.session().id(), Optional.empty()));
    fixture.submit(new Command.DeleteImage(fixture.image(), false));
    assertRefused(Rejection.UNKNOWN_SESSION, () -> assertPage(point, 1, 3));
    assertRefused(Rejection.UNKNOWN_SESSION, () -> fixture.store().slim().chunks(point));
    assertRefused(Rejection.UNKNOWN_SESSION, () -> fixture.store().readPoint(point.session().id()));
    assertFalse(happened(StoreEvent.Damaged.class));
  }

  @Test
  void anErrorInASyncLeavesNobodyWaiting() throws Exception {
    CheckpointScript script = fixture.full().raw(1, 0, 9);
    CompletableFuture<Integer> durable = script.staged().durable(1);
    fixture.media().disk().crashAfter(0);
    assertThrows(SimulatedCrash.class, fixture::runBackground);
    assertTrue(durable.isCompletedExceptionally());
    assertTrue(happened(StoreEvent.Fault.class));
  }

  @Test
  void anErrorInASnapshotLeavesNobodyWaiting() throws Exception {
    full(1, 10).commit();
    fixture.runBackground();
    CompletableFuture<EntryPosition> snapshot = fixture.store().snapshot();
    fixture.media().disk().crashAfter(0);
    assertThrows(SimulatedCrash.class, fixture::runBackground);
    assertTrue(snapshot.isCompletedExceptionally());
    assertTrue(happened(StoreEvent.Fault.class));
  }

  @Test
  void theEndIsRepeatableAfterAFullDisk() throws Exception {
    full(1, 10).commit();
    CheckpointScript script = fixture.onHead();
    fixture.media().disk().setFreeBytes(0);
    int page = 0;
    for (boolean content : new boolean[] {true, false}) {
      try {
        while (true) {
          if (content) {
            script.raw(5, page, page);
          } else {
            script.zero(page, page);
          }
          page++;
        }
      } catch (Refusal full) {
        assertEquals(Rejection.DISK_FULL, full.rejection());
      }
    }
    Command.Content content = script.content();
    assertRefused(Rejection.DISK_FULL, () -> script.staged().finish(content));
    fixture.media().disk().setFreeBytes(PLENTY);
    assertEquals(content, fixture.replica().await(script.staged().finish(content)));
    fixture.submit(new Command.Commit(script.key(), fixture.epoch(), content, List.of("self")));
    assertPage(script.key(), 5, 0);
  }

  @Test
  void anImageThatDoesNotFitTheHeapIsRefused() throws Exception {
    long needed = PAGES * 24L + 2 * 150;
    StoreFixture roomy = StoreFixture.withPages(PAGES, withHeap(NOTHING, needed));
    roomy.store().admitOpen(fullOpen(roomy));
    ImageStore tight = StoreFixture.withPages(PAGES, withHeap(NOTHING, needed - 1)).store();
    assertRefused(Rejection.LIMIT_EXCEEDED, () -> tight.admitOpen(fullOpen(roomy)));
  }

  private static Command.Open fullOpen(StoreFixture of) {
    return new Command.Open(
        of.image(),
        of.epoch(),
        CheckpointKind.FULL,
        Optional.<CheckpointId>empty(),
        Optional.of(of.regions()));
  }

  @Test
  void tooManyBatches() throws Exception {
    CheckpointScript script = fixture.full();
    int most = 2 * 8 * 2 + 1_024;
    for (int page = 0; page < most; page++) {
      script.zero(page, page);
    }
    assertRefused(Rejection.LIMIT_EXCEEDED, () -> script.zero(most, most));
  }
}
