package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.clean.CleaningPolicy;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.ScrubCursor;
import io.hydrant.engine.store.ScrubFinding;
import io.hydrant.engine.store.ScrubFinding.State;
import io.hydrant.engine.store.Scrubber;
import io.hydrant.engine.store.StoreEvent;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One pass finds whatever is bad on a replica's disk, and nothing else. */
class ScrubTest {
  private static final int FLIPS = 100;
  private static final int STEP_BYTES = 64 << 10;

  @TempDir Path scratch;

  private final long seed = Long.getLong("hydrant.seed", 1);
  private final SplittableRandom random = new SplittableRandom(seed);
  private final RepairPair pair;

  ScrubTest() throws Exception {
    pair = new RepairPair();
    System.out.println("repeat with -Dtest=ScrubTest -Dhydrant.seed=" + seed);
  }

  /** Some segments of pages, each of which a retained checkpoint shows. */
  private List<CheckpointKey> fill() throws Exception {
    List<CheckpointKey> keys = new ArrayList<>();
    keys.add(pair.full(1, true));
    for (int i = 1; i <= 20; i++) {
      long content = 1_000L * i;
      int first = random.nextInt(2_000);
      keys.add(
          pair.checkpoint(
              false,
              true,
              script ->
                  script
                      .raw(content, first, first + 14)
                      .raw(content, 4_100, 4_104)
                      .slim(content + RepairPair.SLIM_SEEDS, 880)));
    }
    return keys;
  }

  private static Scrubber pass(StoreFixture replica) throws Exception {
    Scrubber scrubber = replica.store().scrubber();
    scrubber.begin();
    finish(scrubber);
    return scrubber;
  }

  private static void finish(Scrubber scrubber) throws Exception {
    int steps = 0;
    while (!scrubber.step(STEP_BYTES).ended()) {
      assertTrue(++steps < 100_000, "the pass does not end: " + scrubber.progress());
    }
    assertFalse(scrubber.progress().running());
    assertEquals(1.0, scrubber.progress().fraction());
  }

  /** Each page of each checkpoint is the source's, or refused as damaged; returns which were. */
  private Set<Long> refusedElseGood(List<CheckpointKey> keys) throws Exception {
    Set<Long> refused = new TreeSet<>();
    for (CheckpointKey key : keys) {
      ReadPoint point = pair.target.read(key);
      ReadPoint good = pair.source.read(key);
      for (long page = 0; page < RepairPair.PAGES; page++) {
        try {
          assertEquals(read(pair.source, good, page), read(pair.target, point, page));
        } catch (Refusal e) {
          assertEquals(Rejection.DAMAGED, e.rejection());
          refused.add(page);
        }
      }
    }
    return refused;
  }

  private static ByteBuffer read(StoreFixture replica, ReadPoint point, long page)
      throws Exception {
    ByteBuffer bytes = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
    replica.store().pages().read(point, 0, new long[] {page}, bytes);
    return bytes.flip();
  }

  @Test
  void aHealthyStoreIsHealthy() throws Exception {
    List<CheckpointKey> keys = fill();
    Scrubber scrubber = pass(pair.target);
    assertEquals(List.of(), scrubber.findings());
    assertEquals(14 + 20 * 20, scrubber.progress().pagesVerified());
    assertEquals(List.of(), pair.target.store().damagedSegments().waiting());
    assertEquals(Set.of(), refusedElseGood(keys.subList(0, 2)));
  }

  @Test
  void everyFlippedBitIsFoundInOnePassAndNeverServedAndRepaired() throws Exception {
    List<CheckpointKey> keys = fill();
    BitFlips bits = new BitFlips(pair.target, scratch, random);
    bits.flip(FLIPS);
    Scrubber scrubber = pass(pair.target);
    bits.assertFound(scrubber.findings());
    Set<Long> pages = new TreeSet<>();
    Set<Integer> segments = new TreeSet<>();
    for (ScrubFinding finding : scrubber.findings()) {
      assertEquals(State.BEING_REPAIRED, scrubber.stateOf(finding));
      switch (finding) {
        case ScrubFinding.Page page -> pages.add(page.page());
        case ScrubFinding.Slim _ -> {}
        case ScrubFinding.SegmentPart part -> segments.add(part.segment());
      }
    }
    assertEquals(List.copyOf(segments), pair.target.store().damagedSegments().waiting());
    Set<Long> refused = refusedElseGood(keys);
    assertEquals(pages, refused);
    pair.newStep();
    pair.run(Outcome.DONE);
    pair.assertEqual();
    assertEquals(0L, pair.target.store().gauges().get("damaged_page_count"));
    for (ScrubFinding finding : scrubber.findings()) {
      State expected =
          finding instanceof ScrubFinding.SegmentPart ? State.BEING_REPAIRED : State.REPAIRED;
      assertEquals(expected, scrubber.stateOf(finding), finding::toString);
    }
    assertEquals(Set.of(), refusedElseGood(keys));
    Scrubber again = pass(pair.target);
    assertTrue(
        again.findings().stream().allMatch(one -> one instanceof ScrubFinding.SegmentPart),
        () -> "" + again.findings());
  }

  /** Else the bad bytes that a repair has replaced would be found once more by the next pass. */
  @Test
  void whatARepairHasReplacedGoesWithItsSegment() throws Exception {
    fill();
    new BitFlips(pair.target, scratch, random).flip(FLIPS);
    pass(pair.target);
    pair.newStep();
    pair.run(Outcome.DONE);
    ImageStore store = pair.target.store();
    CleaningPolicy lazy = new CleaningPolicy(1_000, 1L << 40, 0);
    for (int round = 0; round < 100 && !store.damagedSegments().waiting().isEmpty(); round++) {
      store.cleaner().step(lazy);
      pair.target.runBackground();
    }
    assertEquals(List.of(), store.damagedSegments().waiting());
    assertEquals(List.of(), pass(pair.target).findings());
    pair.assertEqual();
  }

  @Test
  void aSingleNodeSaysImageCheckpointAndPage() throws Exception {
    List<CheckpointKey> keys = fill();
    pair.target.replica().leaveOthers();
    BitFlips bits = new BitFlips(pair.target, scratch, random);
    bits.flip(5);
    Scrubber scrubber = pass(pair.target);
    bits.assertFound(scrubber.findings());
    List<String> told =
        pair.target.replica().events().stream()
            .filter(StoreEvent.Damaged.class::isInstance)
            .map(Object::toString)
            .toList();
    for (ScrubFinding finding : scrubber.findings()) {
      if (finding instanceof ScrubFinding.Page page) {
        assertEquals(pair.target.image(), page.tract().image());
        assertTrue(keys.contains(new CheckpointKey(pair.target.image(), page.checkpoint())));
        assertTrue(
            told.stream()
                .anyMatch(
                    event -> event.contains(page.checkpoint() + ", page " + page.page() + " of")),
            () -> page + " is not in " + told);
      }
    }
    assertEquals(scrubber.findings().size(), told.size());
  }

  @Test
  void bytesThatNothingShowsAreFoundAsPartsOfTheirSegment() throws Exception {
    List<CheckpointKey> keys = fill();
    for (CheckpointKey key : keys.subList(1, 15)) {
      pair.retire(key);
    }
    for (int i = 0; i < 4; i++) {
      int first = 300 * i;
      pair.checkpoint(false, true, script -> script.raw(90_000L + first, first, first + 14));
    }
    pair.target.runBackground();
    BitFlips bits = new BitFlips(pair.target, scratch, random);
    bits.flip(FLIPS);
    Scrubber scrubber = pass(pair.target);
    bits.assertFound(scrubber.findings());
    pair.newStep();
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void whatIsLostForGoodIsSaidAgain() throws Exception {
    CheckpointKey first = fill().getFirst();
    BitFlips bits = new BitFlips(pair.target, scratch, random);
    bits.flip(1);
    Scrubber scrubber = pass(pair.target);
    if (!(scrubber.findings().getFirst() instanceof ScrubFinding.Page page)) {
      return; // a slim state, or a manifest
    }
    pair.both(
        new Command.MarkDamaged(
            first.image(),
            0,
            page.tract().tract(),
            page.checkpoint(),
            List.of(page.pageInTract())));
    assertEquals(State.LOST, scrubber.stateOf(page));
    Scrubber again = pass(pair.target);
    assertEquals(State.LOST, again.stateOf(again.findings().getFirst()));
  }

  @Test
  void anUnreadableSectorIsFoundWhateverLiesInIt() throws Exception {
    fill();
    String name =
        pair.target.media().segments().list().stream()
            .filter(file -> file.startsWith("segment-"))
            .sorted()
            .findFirst()
            .orElseThrow();
    pair.target.media().disk().makeUnreadable("segments", name, 20_000);
    Scrubber scrubber = pass(pair.target);
    assertFalse(scrubber.findings().isEmpty());
    pair.newStep();
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void noFalseAlarmWhileTheStoreIsWrittenRetiredAndRecycled() throws Exception {
    StoreFixture store = pair.target;
    List<CheckpointKey> live = new ArrayList<>();
    live.add(store.full().all(1, 20).commit());
    Scrubber scrubber = store.store().scrubber();
    scrubber.begin();
    int passes = 0;
    for (int i = 0; i < 400; i++) {
      int first = random.nextInt(2_000);
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          CheckpointScript script =
              store.onHead().raw(5_000L * i, first, first + random.nextInt(20));
          passes += step(scrubber) ? 1 : 0;
          live.add(script.slim(i, 504).commit());
        }
        case 2 -> {
          if (live.size() > 2) {
            CheckpointKey retired = live.remove(random.nextInt(live.size() - 1));
            store.submit(new Command.Retire(store.image(), List.of(retired.checkpoint())));
          }
        }
        case 3 -> store.replica().runOneBackgroundTask();
        case 4 -> store.snapshot();
        default -> {
          if (step(scrubber)) {
            passes++;
          }
        }
      }
    }
    store.runBackground();
    assertTrue(passes > 0, "no pass has ended while the store was written");
    pass(store);
    assertEquals(List.of(), scrubber.findings());
    assertEquals(0L, store.store().gauges().get("damaged_page_count"));
  }

  /** Steps, and begins anew what has ended; returns whether it has. */
  private boolean step(Scrubber scrubber) throws Exception {
    boolean ended = scrubber.step(random.nextInt(200_000)).ended();
    assertEquals(List.of(), scrubber.findings());
    if (ended) {
      scrubber.begin();
    }
    return ended;
  }

  @Test
  void aPassGoesOnAfterARestart() throws Exception {
    fill();
    BitFlips bits = new BitFlips(pair.target, scratch, random);
    ImageStore before = pair.target.store();
    before.scrubber().begin();
    while (before.scrubber().cursor().tract() < 1) {
      before.scrubber().step(1);
    }
    long verified = before.scrubber().progress().pagesVerified();
    assertTrue(verified > 0);
    ScrubCursor cursor = before.scrubber().cursor();
    pair.target.closeAndReopen();
    bits.flip(2);
    Scrubber scrubber = pair.target.store().scrubber();
    scrubber.resume(cursor);
    finish(scrubber);
    assertEquals(14 + 20 * 20 - verified, scrubber.progress().pagesVerified());
    Scrubber whole = pass(pair.target);
    bits.assertFound(whole.findings());
  }

  @Test
  void anImageThatIsDroppedMeanwhileIsNoFinding() throws Exception {
    fill();
    Scrubber scrubber = pair.target.store().scrubber();
    scrubber.begin();
    scrubber.step(1);
    scrubber.step(1);
    pair.target.submit(new Command.DeleteImage(pair.target.image(), false));
    pair.target.snapshot();
    finish(scrubber);
    assertEquals(List.of(), scrubber.findings());
  }
}
