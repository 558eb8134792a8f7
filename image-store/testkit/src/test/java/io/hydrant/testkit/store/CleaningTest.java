package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.clean.SegmentUse;
import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SegmentCleaner;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Cleaning: what is live moves, what is dead goes, and nobody who reads notices. */
class CleaningTest {
  private static final int PAGES = 2_048 + 512;

  /** Cleans as long as anything is to be gained. */
  private static final CleaningPolicy EAGER = new CleaningPolicy(1, 0, 0);

  private final StoreFixture fixture = StoreFixture.withPages(PAGES);
  private final SegmentCleaner cleaner = fixture.store().cleaner();

  CleaningTest() throws Exception {}

  private SegmentsInUse look() throws Exception {
    return fixture.store().cleaner().look().orElseThrow();
  }

  /** Pages 0 to 99 are content, in batches that fit the small segments. */
  private CheckpointScript full() throws Exception {
    return full(fixture);
  }

  private static CheckpointScript full(StoreFixture fixture) throws Exception {
    CheckpointScript script = fixture.full();
    for (int first = 0; first < 100; first += 20) {
      script.raw(100, first, first + 19);
    }
    for (int first = 100; first < 2_048; first += 256) {
      script.zero(first, Math.min(first + 255, 2_047));
    }
    return script.zero(2_048, 2_303).zero(2_304, PAGES - 1);
  }

  /** A full checkpoint, and increments that overwrite the same pages again and again. */
  private CheckpointKey history(int increments) throws Exception {
    CheckpointKey last = full().slim(1, 200).commit();
    for (int i = 1; i <= increments; i++) {
      last = fixture.onHead().raw(1_000 * i, 0, 7).slim(i, 104 + 8 * i).commit();
      fixture.retireAll();
    }
    return last;
  }

  private static void history(StoreFixture fixture, int increments) throws Exception {
    for (int i = 1; i <= increments; i++) {
      fixture.onHead().raw(200_000 + 1_000 * i, 0, 7).commit();
      fixture.retireAll();
    }
  }

  private static CheckpointKey head(StoreFixture fixture) {
    return new CheckpointKey(
        fixture.image(),
        fixture.store().catalog().image(fixture.image()).orElseThrow().head().orElseThrow());
  }

  private void cleanAll() throws Exception {
    for (int round = 0; round < 50; round++) {
      fixture.store().cleaner().step(EAGER);
      fixture.runBackground();
    }
    fixture.snapshot();
  }

  private void assertContent(ReadPoint point, long page, long seed) throws Exception {
    assertContent(fixture, point, page, seed);
  }

  private static void assertContent(StoreFixture fixture, ReadPoint point, long page, long seed)
      throws Exception {
    assertEquals(
        PageContents.page(seed + page, StoreFixture.PAGE_BYTES), fixture.page(point, page));
  }

  @Test
  void historyTakesNoSpace() throws Exception {
    CheckpointKey last = history(60);
    long before = look().allocatedBytes();
    cleanAll();
    SegmentsInUse now = look();
    assertTrue(
        now.allocatedBytes() < 2 * now.liveBytes() + 3 * (128 << 10),
        () -> now + ", bytes before: " + before);
    ReadPoint point = fixture.read(last);
    for (int page = 0; page < 8; page++) {
      assertContent(point, page, 60_000);
    }
    assertContent(point, 8, 100);
    assertContent(point, 99, 100);
    fixture.powerCut();
    point = fixture.read(last);
    assertContent(point, 0, 60_000);
    assertContent(point, 99, 100);
  }

  @Test
  void survivorsLieApartFromWhatIsNewAndStayOverAPowerCut() throws Exception {
    CheckpointKey last = history(30);
    cleanAll();
    List<SegmentLog.SegmentInfo> survivors =
        fixture.store().segments().stream().filter(SegmentLog.SegmentInfo::isOfSurvivors).toList();
    assertFalse(survivors.isEmpty());
    assertTrue(survivors.getFirst().birth() > 1, "they are as old as ingest was: " + survivors);
    int newest = survivors.getLast().segment();
    // What is appended and not pointed to when the power goes is of no use, and is given back.
    CheckpointKey next = fixture.onHead().raw(99_000, 0, 7).commit();
    cleanAll();
    fixture.powerCut();
    ReadPoint point = fixture.read(next);
    assertContent(point, 0, 99_000);
    assertContent(point, 50, 100);
    assertTrue(last.checkpoint().value() < next.checkpoint().value());
    history(fixture, 20);
    cleanAll();
    fixture.powerCut();
    assertContent(fixture.read(head(fixture)), 50, 100);
    List<Integer> later =
        fixture.store().segments().stream()
            .filter(SegmentLog.SegmentInfo::isOfSurvivors)
            .map(SegmentLog.SegmentInfo::segment)
            .toList();
    assertTrue(later.getLast() > newest, "numbers are not used again: " + later);
  }

  /** PROTOCOL R13: survivors have space that ingest leaves to them. */
  @Test
  void aFullDiskOnWhichNoSegmentIsDeadComesBack() throws Exception {
    int segmentBytes = 128 << 10;
    ImageStoreConfig small = SimulatedReplica.SMALL;
    StoreFixture full =
        StoreFixture.withPages(
            PAGES, small.with(new SegmentLogConfig(segmentBytes, 16 << 10, 8L * segmentBytes, 3)));
    CheckpointKey last = full(full).commit();
    full.media().disk().setFreeBytes(16L * segmentBytes);
    // Five pages that the next one overwrites, and one that stays: every segment keeps something.
    int increments = 0;
    CheckpointScript refused = full.onHead();
    while (fits(refused, increments + 1)) {
      last = refused.commit();
      increments++;
      full.retireAll();
      full.runBackground();
      refused = full.onHead();
    }
    full.submit(new Command.Abort(refused.key(), Optional.of(full.epoch())));
    full.snapshot();
    SegmentCleaner itsCleaner = full.store().cleaner();
    SegmentsInUse before = itsCleaner.look().orElseThrow();
    assertEquals(0, before.deadBytes());
    int gained = 0;
    for (int round = 0; round < 100; round++) {
      itsCleaner.step(new CleaningPolicy(1.4, 0, 16L * segmentBytes));
      gained += itsCleaner.isGaining() ? 1 : 0;
      full.runBackground();
    }
    assertTrue(gained >= 4 && !itsCleaner.isGaining(), "steps that made room: " + gained);
    SegmentsInUse after = itsCleaner.look().orElseThrow();
    // What was twelve segments is eight, two of which are being filled.
    assertTrue(
        after.allocatedBytes() <= before.allocatedBytes() - 3L * segmentBytes,
        () -> before + " " + after);
    CheckpointScript again = full.onHead();
    assertTrue(fits(again, increments + 1));
    last = again.commit();
    full.powerCut();
    ReadPoint point = full.read(last);
    assertContent(full, point, 4, 1_000L * (increments + 1));
    for (int i = 1; i <= increments + 1; i++) {
      assertContent(full, point, 100 + i, 1_000L * i);
    }
  }

  private static boolean fits(CheckpointScript script, int number) throws Exception {
    try {
      script.raw(1_000L * number, 0, 4).raw(1_000L * number, 100 + number, 100 + number);
      return true;
    } catch (Refusal e) {
      assertEquals(Rejection.DISK_FULL, e.rejection());
      return false;
    }
  }

  @Test
  void aReaderGoesOnWhileItsSegmentIsCleaned() throws Exception {
    CheckpointKey last = history(30);
    ReadPoint point = fixture.read(last);
    SlimReader.Chunk chunk = fixture.store().slim().chunks(point).getFirst();
    for (SegmentUse segment : look().cleanable()) {
      cleaner.clean(segment.segment());
    }
    fixture.snapshot();
    cleanAll();
    assertTrue(
        fixture.replica().events().stream()
            .anyMatch(event -> event instanceof StoreEvent.SegmentReleased));
    // As it was named before the cleaning, by one who reads on now.
    assertEquals(PageContents.page(30, 344), fixture.store().slim().read(point, chunk));
    assertContent(point, 50, 100);
  }

  @Test
  void whatIsStagedStaysWhereItIs() throws Exception {
    history(5);
    CheckpointScript open = fixture.onHead().raw(7_777, 21, 40);
    SegmentsInUse before = look();
    for (SegmentUse segment : before.cleanable()) {
      cleaner.clean(segment.segment());
    }
    fixture.snapshot();
    CheckpointKey committed = open.slim(9, 16).commit();
    ReadPoint point = fixture.read(committed);
    assertContent(point, 40, 7_777);
    assertContent(point, 41, 100);
  }

  @Test
  void itIsHeldBackTractByTractAndByItsUrgency() throws Exception {
    history(30);
    fixture.media().disk().setFreeBytes(1L << 40);
    CleaningPolicy half = new CleaningPolicy(1_000, 0, 2 * look().roomBytes());
    long[] told = new long[2];
    long copied = 0;
    for (int round = 0; round < 50; round++) {
      copied +=
          cleaner
              .step(
                  half,
                  (bytes, urgency) -> {
                    assertEquals(0.5, urgency.now(), 0.01);
                    told[0]++;
                    told[1] += bytes;
                  })
              .copiedBytes();
      fixture.runBackground();
    }
    assertTrue(told[0] > 1, "times: " + told[0]);
    assertEquals(copied, told[1], "slim states are paid for, too");
  }

  @Test
  void aDamagedSegmentIsLeftWhateverThePolicySays() throws Exception {
    CheckpointKey last = history(5);
    int damaged = look().cleanable().getFirst().segment();
    fixture.store().damagedSegments().evacuate(damaged);
    CleaningPolicy lazy = new CleaningPolicy(1_000, 1L << 40, 0);
    for (int round = 0; round < 4; round++) {
      cleaner.step(lazy);
      fixture.runBackground();
    }
    assertEquals(List.of(), fixture.store().damagedSegments().waiting());
    ReadPoint point = fixture.read(last);
    assertContent(point, 0, 5_000);
    assertContent(point, 99, 100);
  }

  @Test
  void aPinnedCheckpointKeepsItsVersions() throws Exception {
    CheckpointKey first = full().commit();
    ReadPoint pinned = fixture.read(first);
    for (int i = 1; i <= 20; i++) {
      CheckpointScript next = fixture.onHead();
      for (int page = 0; page < 100; page += 20) {
        next.raw(1_000 * i, page, page + 19);
      }
      next.commit();
    }
    fixture.retireAll();
    cleanAll();
    for (int page = 0; page < 100; page++) {
      assertContent(pinned, page, 100);
    }
  }

  @Test
  void aBadPageIsNotMovedAndNeverServed() throws Exception {
    CheckpointKey last = history(3);
    flipBitOf(PageContents.page(150, StoreFixture.PAGE_BYTES));
    for (SegmentUse segment : look().cleanable()) {
      cleaner.clean(segment.segment());
    }
    List<StoreEvent> events = fixture.replica().events();
    assertTrue(events.stream().anyMatch(event -> event instanceof StoreEvent.Damaged));
    List<StoreEvent.SegmentCleaned> stuck =
        events.stream()
            .filter(StoreEvent.SegmentCleaned.class::isInstance)
            .map(StoreEvent.SegmentCleaned.class::cast)
            .filter(cleaned -> cleaned.leftBytes() > 0)
            .toList();
    assertEquals(1, stuck.size());
    assertEquals(StoreFixture.PAGE_BYTES, stuck.getFirst().leftBytes(), "all others have moved");
    assertFalse(
        look().cleanable().stream().anyMatch(one -> one.segment() == stuck.getFirst().segment()),
        "not tried again while nothing changes");
    assertEquals(1, fixture.store().gauges().get("damaged_page_count"));
    ReadPoint point = fixture.read(last);
    Refusal refusal = assertThrows(Refusal.class, () -> assertContent(point, 50, 100));
    assertEquals(Rejection.DAMAGED, refusal.rejection());
    assertContent(point, 49, 100);
  }

  private void flipBitOf(ByteBuffer page) throws Exception {
    for (String name : fixture.media().segments().list()) {
      ByteBuffer content = ByteBuffer.allocate(128 << 10);
      try (StoreFile file = fixture.media().segments().open(name)) {
        file.read(0, content);
      }
      content.flip();
      for (int at = 0; at + page.remaining() <= content.limit(); at += 8) {
        if (content.slice(at, page.remaining()).equals(page)) {
          fixture.media().disk().flipBit("segments", name, at + 1_234, 3);
          return;
        }
      }
    }
    throw new AssertionError("the page is in no segment");
  }
}
