package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.clean.CleaningPace;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.clean.SegmentUse;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Consolidation: what is read in many pieces is put in order, and says the same afterwards. */
class ConsolidationTest {
  private static final int PAGES = 100;

  /** Nothing is to be cleaned, and there is room for everything. */
  private static final CleaningPolicy AT_LEISURE = new CleaningPolicy(1_000, 1L << 40, 0);

  private final StoreFixture fixture = StoreFixture.withPages(PAGES);
  private final TractKey tract = new TractKey(fixture.image(), 0, 0);

  ConsolidationTest() throws Exception {}

  /** Every second page is written by an increment of its own, from the last one to the first. */
  private CheckpointKey scattered() throws Exception {
    CheckpointKey last = full();
    for (int page = PAGES - 2; page >= 0; page -= 2) {
      last = fixture.onHead().raw(seed(page), page, page).commit();
    }
    return last;
  }

  private CheckpointKey full() throws Exception {
    return full(fixture);
  }

  private static CheckpointKey full(StoreFixture fixture) throws Exception {
    CheckpointScript script = fixture.full();
    for (int first = 0; first < PAGES; first += 20) {
      script.raw(1_000_000, first, first + 19);
    }
    return script.slim(1, 200).commit();
  }

  private static long seed(int page) {
    return 1_000L * (page + 1);
  }

  /** Device reads that it takes to read all pages; they are compared with what was written. */
  private long readAll(ReadPoint point, boolean overwritten) throws Exception {
    long before = deviceReads();
    ByteBuffer target = ByteBuffer.allocateDirect(PAGES * StoreFixture.PAGE_BYTES);
    fixture.store().pages().readRange(point, 0, 0, PAGES, false, target);
    long reads = deviceReads() - before;
    for (int page = 0; page < PAGES; page++) {
      assertPage(point, page, overwritten && page % 2 == 0 ? seed(page) : 1_000_000);
    }
    return reads;
  }

  private long deviceReads() {
    return Objects.requireNonNull(fixture.store().counters().get("device_read_count"));
  }

  private void assertPage(ReadPoint point, int page, long seed) throws Exception {
    assertEquals(
        PageContents.page(seed + page, StoreFixture.PAGE_BYTES),
        fixture.page(point, page),
        () -> "page " + page);
  }

  private boolean step() throws Exception {
    return fixture.store().consolidator().step(AT_LEISURE, CleaningPace.NONE);
  }

  private List<StoreEvent.TractConsolidated> consolidated() {
    return consolidated(fixture);
  }

  private static List<StoreEvent.TractConsolidated> consolidated(StoreFixture fixture) {
    return fixture.replica().events().stream()
        .filter(StoreEvent.TractConsolidated.class::isInstance)
        .map(StoreEvent.TractConsolidated.class::cast)
        .toList();
  }

  @Test
  void whatWasReadInPiecesIsReadInOne() throws Exception {
    ReadPoint newest = fixture.read(scattered());
    assertFalse(step(), "nothing was read");
    long before = readAll(newest, true);
    assertTrue(before >= PAGES, "pieces: " + before);
    long bytes = fixture.store().cleaner().look().orElseThrow().liveBytes();
    assertTrue(step());
    assertEquals(1, readAll(newest, true));
    assertEquals(PAGES, consolidated().getFirst().pieces());
    assertEquals(PAGES * StoreFixture.PAGE_BYTES, consolidated().getFirst().bytes());
    assertFalse(step(), "it lies in order now");
    long after = fixture.store().cleaner().look().orElseThrow().liveBytes();
    assertTrue(after < bytes / 2, "it is smaller, too: %d, %d before".formatted(after, bytes));
  }

  @Test
  void olderCheckpointsKeepWhatTheyShow() throws Exception {
    CheckpointKey first = full();
    ReadPoint old = fixture.read(first);
    List<ReadPoint> between = new ArrayList<>();
    CheckpointKey last = first;
    for (int page = 0; page < PAGES; page += 2) {
      last = fixture.onHead().raw(seed(page), page, page).commit();
      if (page % 10 == 0) {
        between.add(fixture.read(last));
      }
    }
    ReadPoint newest = fixture.read(last);
    readAll(newest, true);
    assertTrue(step());
    readAll(newest, true);
    readAll(old, false);
    for (int i = 0; i < between.size(); i++) {
      assertPage(between.get(i), 10 * i, seed(10 * i));
      assertPage(between.get(i), 10 * i + 2, 1_000_000);
    }
    fixture.snapshot();
    fixture.powerCut();
    readAll(fixture.read(last), true);
    readAll(fixture.read(first), false);
  }

  @Test
  void aCrashLeavesItScatteredOrInOrder() throws Exception {
    CheckpointKey last = scattered();
    fixture.snapshot();
    readAll(fixture.read(last), true);
    assertTrue(step());
    fixture.powerCut();
    assertTrue(readAll(fixture.read(last), true) > 1, "no flush has said where the copies are");
    assertTrue(step());
    fixture.snapshot();
    fixture.powerCut();
    assertEquals(1, readAll(fixture.read(last), true));
    for (SegmentUse one : fixture.store().cleaner().look().orElseThrow().cleanable()) {
      fixture.store().cleaner().clean(one.segment());
    }
    fixture.snapshot();
    assertEquals(1, readAll(fixture.read(last), true), "cleaning keeps the order");
  }

  @Test
  void itIsNotWorthItBeforeReadingHasCostAsMuch() throws Exception {
    StoreFixture large =
        StoreFixture.withPages(
            PAGES, SimulatedReplica.SMALL.with(new SegmentLogConfig(2 << 20, 64 << 10, 0, 3)));
    full(large);
    ReadPoint point = large.read(large.onHead().raw(seed(50), 50, 50).commit());
    ByteBuffer target = ByteBuffer.allocateDirect(PAGES * StoreFixture.PAGE_BYTES);
    int rounds = 0;
    while (consolidated(large).isEmpty() && rounds < 100) {
      large.store().pages().readRange(point, 0, 0, PAGES, false, target.clear());
      rounds++;
      while (large.store().consolidator().step(AT_LEISURE, CleaningPace.NONE)) {
        // Until nothing is left that may be worth it.
      }
    }
    // Seven pieces are six too many; 400 KiB, read and written, are worth 12 of 64 KiB.
    assertEquals(2, rounds);
  }

  @Test
  void whereRoomIsLowItWaits() throws Exception {
    ReadPoint newest = fixture.read(scattered());
    readAll(newest, true);
    fixture.media().disk().setFreeBytes(1 << 30);
    CleaningPolicy low = new CleaningPolicy(1_000, 1L << 40, 1 << 29);
    assertFalse(fixture.store().consolidator().step(low, CleaningPace.NONE));
    CleaningPolicy aboveShare = new CleaningPolicy(1, 0, 0);
    assertFalse(fixture.store().consolidator().step(aboveShare, CleaningPace.NONE));
    assertTrue(step());
  }

  @Test
  void whatIsOverwrittenAgainIsScatteredAgain() throws Exception {
    readAll(fixture.read(scattered()), true);
    assertTrue(step());
    CheckpointKey last = fixture.onHead().raw(seed(0), 0, 0).raw(seed(2), 2, 2).commit();
    ReadPoint point = fixture.read(last);
    assertTrue(readAll(point, true) > 2);
    assertTrue(fixture.store().consolidator().consolidate(tract) > 0);
    assertEquals(1, readAll(point, true));
    assertEquals(0, fixture.store().consolidator().consolidate(tract));
  }

  @Test
  void aTractThatIsGoneIsForgotten() throws Exception {
    ReadPoint point = fixture.read(scattered());
    readAll(point, true);
    fixture.submit(new Command.Unpin(point.session().id(), Optional.empty()));
    fixture.submit(new Command.DeleteImage(fixture.image(), true));
    assertFalse(step());
    assertEquals(List.of(), consolidated());
  }
}
