package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.CatalogLimits;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.MalformedCatalogException;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.engine.store.TractExtract;
import io.hydrant.engine.store.TractHoles;
import io.hydrant.engine.store.TractSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A replica that lags gets the catalog of another one instead of the entries (PROTOCOL R18). */
class InstallTest {
  private static final int PAGES = 2_100;

  private final StoreFixture leader;
  private final StoreFixture lagging;
  private final CheckpointKey first;

  InstallTest() throws Exception {
    leader = StoreFixture.withPages(PAGES);
    lagging = StoreFixture.withPages(PAGES);
    lagging.replica().joinOthers();
    // The same calls on both: their logs are equal up to here.
    first = fill(leader.full()).commit();
    fill(lagging.full()).commit();
    assertEquals(leader.store().applied(), lagging.store().applied());
  }

  private static CheckpointScript fill(CheckpointScript script) throws Exception {
    return script.all(1, 6);
  }

  private static void assertRefused(Rejection rejection, Executable call) {
    assertEquals(rejection, assertThrows(Refusal.class, call).rejection());
  }

  private void install() throws Exception {
    lagging.runBackground();
    lagging.store().install(leader.store().frozenCatalog().encode());
    lagging.replica().adoptLog(leader.replica());
    lagging.runBackground();
  }

  private ByteBuffer page(CheckpointKey key, int page) throws Exception {
    return page(lagging.read(key), page);
  }

  private ByteBuffer page(ReadPoint point, int page) throws Exception {
    ByteBuffer target = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
    lagging.store().pages().read(point, 0, new long[] {page}, target);
    return target.flip();
  }

  private void assertPage(CheckpointKey key, long seed, int page) throws Exception {
    assertEquals(CheckpointScript.payload(PageEncoding.RAW, seed, page, page), page(key, page));
  }

  private void prove(CheckpointKey key) throws Exception {
    lagging.store().missing().proven(key, TractSet.ALL);
  }

  private boolean happened(Class<? extends StoreEvent> event) {
    return lagging.replica().events().stream().anyMatch(event::isInstance);
  }

  @Test
  void whatWasHereIsHereAndTheRestIsMissing() throws Exception {
    EntryPosition before = lagging.store().applied();
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    EntryPosition at = leader.store().applied();
    lagging.store().holdMark();
    install();
    assertEquals(at, lagging.store().applied());
    assertEquals(at, lagging.store().snapshotPosition());
    assertEquals(before.index(), lagging.store().holdMark());
    assertFalse(happened(StoreEvent.HoldMarkFell.class));
    assertPage(first, 1, 3);
    lagging.store().slim().chunks(lagging.read(first));
    assertRefused(Rejection.NOT_HERE, () -> page(second, 3));
    assertRefused(Rejection.NOT_HERE, () -> page(second, 4)); // it may have changed any
    assertRefused(Rejection.NOT_HERE, () -> lagging.store().slim().chunks(lagging.read(second)));
    lagging.powerCut();
    assertPage(first, 1, 3);
    assertRefused(Rejection.NOT_HERE, () -> page(second, 3));
    assertEquals(1, lagging.store().missing().lacks().size());
    prove(second);
    assertPage(second, 1, 4);
  }

  /** The entries between were never seen: what they changed is missing, whatever was retired. */
  @Test
  void whatIsRetiredSinceTheEntriesThatAreSkippedIsMissingToo() throws Exception {
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    CheckpointKey third = leader.onHead().raw(8, 4, 4).commit();
    leader.submit(new Command.SetRetention(leader.image(), 1));
    leader.submit(
        new Command.Retire(leader.image(), List.of(first.checkpoint(), second.checkpoint())));
    install();
    assertRefused(Rejection.NOT_HERE, () -> page(third, 3));
    assertRefused(Rejection.NOT_HERE, () -> page(third, 5));
    TractHoles holes =
        lagging
            .store()
            .extract()
            .holes(lagging.store().extract().retained(third).orElseThrow(), 0, 0);
    assertEquals(
        TractHoles.of(
            List.of(new TractHoles.Run(second.checkpoint().value(), third.checkpoint().value()))),
        holes);
  }

  /** What was missing before is missing after, and is completed by what comes late. */
  @Test
  void whatWasMissingStaysSo() throws Exception {
    CheckpointScript awaited = lagging.onHead().raw(7, 3, 3);
    awaited.commitEntry();
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    CheckpointKey third = leader.onHead().raw(8, 4, 4).commit();
    lagging.store().install(leader.store().frozenCatalog().encode());
    lagging.replica().adoptLog(leader.replica());
    assertPage(first, 1, 3);
    assertRefused(Rejection.NOT_HERE, () -> page(second, 3));
    lagging.replica().await(awaited.staged().finish(awaited.content()));
    lagging.runBackground();
    assertPage(second, 7, 3);
    assertRefused(Rejection.NOT_HERE, () -> page(third, 3));
  }

  /** Two logs: an operator's mistake, or a bug. Page checksums would not tell. */
  @Test
  void whatIsOfAnotherLogIsUnknown() throws Exception {
    CheckpointScript other = lagging.onHead().raw(9, 3, 3);
    other.commit();
    leader.onHead().raw(7, 3, 3).commit();
    CheckpointKey third = leader.onHead().raw(8, 4, 4).commit();
    install();
    assertRefused(Rejection.NOT_HERE, () -> page(first, 3));
    assertRefused(Rejection.NOT_HERE, () -> page(third, 5));
    assertEquals(0, lagging.store().holdMark());
  }

  @Test
  void whatIsStagedWholeMayBeTheSecondCopy() throws Exception {
    CheckpointScript held = lagging.receive(lagging.onHeadAs(2)).raw(7, 3, 3);
    lagging.replica().await(held.staged().finish(held.content()));
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    CheckpointKey third = leader.onHead().raw(8, 4, 4).commit();
    install();
    // The digest is what the other replica's catalog says was committed.
    assertPage(second, 7, 3);
    assertPage(second, 1, 4);
    assertRefused(Rejection.NOT_HERE, () -> page(third, 3));
  }

  @Test
  void whatWasRetiredMeanwhileIsKeptForItsDescendants() throws Exception {
    CheckpointScript held = lagging.receive(lagging.onHeadAs(2)).raw(7, 3, 3);
    lagging.replica().await(held.staged().finish(held.content()));
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    CheckpointScript third = leader.onHead();
    third.zero(10, 10).commit();
    leader.submit(new Command.SetRetention(leader.image(), 1));
    leader.submit(
        new Command.Retire(leader.image(), List.of(first.checkpoint(), second.checkpoint())));
    install();
    assertRefused(Rejection.NOT_HERE, () -> page(third.key(), 3));
    TractExtract extract = lagging.store().extract();
    long last = third.key().checkpoint().value();
    assertEquals(
        TractHoles.of(List.of(new TractHoles.Run(last, last))),
        extract.holes(extract.retained(third.key()).orElseThrow(), 0, 0),
        "of the newest retired ones it is known still what was committed");
    prove(third.key());
    assertPage(third.key(), 7, 3);
    assertPage(third.key(), 1, 4);
  }

  /** Nobody can say any more whether it is what was committed: it is a candidate for a proof. */
  @Test
  void whatWasRetiredLongAgoMakesWhatBuildsOnItUnknown() throws Exception {
    CheckpointScript held = lagging.receive(lagging.onHeadAs(2)).raw(7, 3, 3);
    lagging.replica().await(held.staged().finish(held.content()));
    List<CheckpointId> old = new ArrayList<>(List.of(first.checkpoint()));
    old.add(leader.onHead().raw(7, 3, 3).commit().checkpoint());
    for (int i = 0; i < CatalogLimits.RETIRED_REMEMBERED_MAX; i++) {
      old.add(leader.onHead().raw(8, 4, 4).commit().checkpoint());
    }
    CheckpointKey newest = leader.onHead().zero(10, 10).commit();
    leader.submit(new Command.SetRetention(leader.image(), 1));
    leader.submit(new Command.Retire(leader.image(), old));
    install();
    TractExtract extract = lagging.store().extract();
    assertTrue(extract.holes(extract.retained(newest).orElseThrow(), 0, 0).unknown());
    prove(newest);
    assertPage(newest, 7, 3);
    assertPage(newest, 1, 5);
  }

  @Test
  void aReceiverOfWhatIsCommittedThereGoesOn() throws Exception {
    CheckpointScript held = lagging.receive(lagging.onHeadAs(2)).raw(7, 3, 3);
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    install();
    lagging.replica().await(held.staged().finish(held.content()));
    assertRefused(Rejection.NOT_HERE, () -> page(second, 3));
    lagging.runBackground();
    assertPage(second, 7, 3);
  }

  @Test
  void whatWasAbortedThereGoes() throws Exception {
    CheckpointScript staged = lagging.receive(lagging.onHeadAs(2)).raw(7, 3, 3);
    CheckpointScript there = leader.onHead();
    leader.submit(new Command.Abort(there.key(), Optional.of(leader.epoch())));
    install();
    assertRefused(Rejection.ABORTED, () -> staged.raw(7, 4, 4));
    assertEquals(0L, lagging.store().gauges().get("staged_checkpoint_count"));
  }

  @Test
  void aDroppedImageGoes() throws Exception {
    leader.submit(new Command.DeleteImage(leader.image(), false));
    install();
    assertTrue(lagging.store().catalog().isDropped(lagging.image()));
    assertEquals(List.of(), lagging.store().missing().lacks());
    assertEquals(lagging.store().applied().index(), lagging.store().holdMark());
    lagging.powerCut();
    assertTrue(lagging.store().catalog().isDropped(lagging.image()));
  }

  @Test
  void whatIsTakenSinceIsHere() throws Exception {
    leader.onHead().raw(7, 3, 3).commit();
    install();
    CheckpointScript full = fill(lagging.full());
    full.commit();
    assertPage(full.key(), 1, 3);
    CheckpointScript next = lagging.onHead().raw(9, 3, 3);
    next.commit();
    assertPage(next.key(), 9, 3);
    lagging.powerCut();
    assertPage(next.key(), 9, 3);
    assertPage(next.key(), 1, 4);
  }

  @Test
  void anIncrementOnWhatIsMissingWaitsForTheProof() throws Exception {
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    install();
    CheckpointScript next = lagging.onHead().raw(9, 4, 4);
    next.commit();
    assertRefused(Rejection.NOT_HERE, () -> page(next.key(), 4));
    prove(second);
    assertPage(next.key(), 9, 4);
  }

  @Test
  void bytesThatAreNoCatalogChangeNothing() throws Exception {
    byte[] bytes = leader.store().frozenCatalog().encode();
    bytes[bytes.length / 2] ^= 1;
    assertThrows(MalformedCatalogException.class, () -> lagging.store().install(bytes));
    assertPage(first, 1, 3);
  }

  @Test
  void aFullDiskIsToBeTriedAgain() throws Exception {
    leader.onHead().raw(7, 3, 3).commit();
    lagging.runBackground();
    byte[] bytes = leader.store().frozenCatalog().encode();
    lagging.media().disk().setFreeBytes(0);
    assertThrows(DiskFullException.class, () -> lagging.store().install(bytes));
    assertThrows(DiskFullException.class, () -> lagging.store().install(bytes));
    lagging.media().disk().setFreeBytes(1L << 40);
    install();
    assertEquals(leader.store().applied(), lagging.store().snapshotPosition());
    assertFalse(happened(StoreEvent.Fault.class));
  }

  @Test
  void whoIsThereAlreadyChangesNothing() throws Exception {
    install();
    assertPage(first, 1, 3);
    assertEquals(leader.store().applied(), lagging.store().snapshotPosition());
  }

  /** Until a snapshot of later entries is durable, the log beside it may end before the state. */
  @Test
  void thatItWasInstalledIsKnownUntilALaterSnapshot() throws Exception {
    assertFalse(lagging.store().isInstalled());
    leader.onHead().raw(7, 3, 3).commit();
    install();
    assertTrue(lagging.store().isInstalled());
    lagging.replica().stop();
    lagging.media().recover(false);
    lagging.replica().start();
    assertTrue(lagging.store().isInstalled(), "by the restart");
    lagging.replica().adoptLog(leader.replica());
    EntryPosition applied = lagging.store().applied();
    lagging.store().skip(new EntryPosition(applied.term(), applied.index() + 1));
    lagging.store().snapshot();
    lagging.runBackground();
    assertFalse(lagging.store().isInstalled());
  }

  @Test
  void whatIsBehindIsNotInstalled() throws Exception {
    byte[] bytes = leader.store().frozenCatalog().encode();
    EntryPosition applied = lagging.store().applied();
    lagging.store().skip(new EntryPosition(applied.term(), applied.index() + 1));
    assertThrows(IllegalArgumentException.class, () -> lagging.store().install(bytes));
    assertEquals(applied.index() + 1, lagging.store().applied().index());
    assertTrue(lagging.store().missing().lacks().isEmpty());
  }

  /** At every I/O call of the install: afterwards it has happened, or it has not. */
  @Test
  void crashAfterEveryCall() throws Exception {
    int calls = 0;
    int before = 0;
    int after = 0;
    boolean crashed = true;
    while (crashed) {
      InstallTest one = new InstallTest();
      crashed = one.crashAfter(calls++);
      if (one.head(one.lagging).equals(one.head(one.leader))) {
        after++;
      } else {
        before++;
      }
    }
    assertTrue(before > 3 && after > 1, before + " before, " + after + " after");
  }

  private boolean crashAfter(int calls) throws Exception {
    CheckpointScript held = lagging.receive(lagging.onHeadAs(2)).raw(7, 3, 3);
    lagging.replica().await(held.staged().finish(held.content()));
    CheckpointKey second = leader.onHead().raw(7, 3, 3).commit();
    CheckpointKey third = leader.onHead().raw(8, 4, 4).commit();
    lagging.runBackground();
    byte[] bytes = leader.store().frozenCatalog().encode();
    lagging.media().armAfter(calls);
    boolean crashed = false;
    try {
      lagging.store().install(bytes);
    } catch (Throwable e) {
      if (!lagging.media().isSimulatedCrash(e)) {
        throw e;
      }
      crashed = true;
    }
    lagging.media().disarm();
    lagging.replica().stop();
    lagging.media().recover(true);
    lagging.replica().start();
    if (lagging.store().applied().equals(leader.store().applied())) {
      lagging.replica().adoptLog(leader.replica());
      lagging.runBackground();
      assertPage(first, 1, 3);
      assertPage(second, 7, 3);
      assertRefused(Rejection.NOT_HERE, () -> page(third, 3));
      assertPage(second, 1, 4);
    } else {
      assertTrue(crashed);
      assertEquals(first.checkpoint(), head(lagging));
    }
    return crashed;
  }

  private CheckpointId head(StoreFixture of) {
    return of.store().catalog().image(of.image()).orElseThrow().head().orElseThrow();
  }
}
