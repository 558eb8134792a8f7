package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairRefusal;
import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.TractSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A replica gets what it lacks from another one (PROTOCOL R16). */
class RepairTest {
  private final RepairPair pair;

  RepairTest() throws Exception {
    pair = new RepairPair();
  }

  @Test
  void onlyPagesThatDifferAreFetched() throws Exception {
    pair.full(1, true);
    CheckpointKey second =
        pair.checkpoint(false, false, script -> script.raw(7, 3, 4).raw(7, 4_098, 4_098));
    pair.checkpoint(false, true, script -> script.zero(5, 5));
    assertFalse(pair.target.store().missing().lacks().isEmpty());
    pair.run(Outcome.DONE);
    pair.assertEqual();
    assertEquals(3 * StoreFixture.PAGE_BYTES, pair.counting.bytes);
    assertEquals(0L, pair.target.store().gauges().get("missing_checkpoint_count"));
    assertTrue(pair.counting.fetched.contains(second + " slim"));
  }

  @Test
  void whatCameLateAndIsBeingPublishedIsNotFetchedAsWell() throws Exception {
    pair.full(1, true);
    CheckpointInfo asOpened = pair.target.onHeadAs(2);
    CheckpointKey second = pair.checkpoint(false, false, script -> script.raw(7, 3, 4));
    CheckpointScript late = pair.target.receive(asOpened).raw(7, 3, 4);
    assertEquals(second, late.key());
    late.staged().finish(late.content()); // whole, but neither durable nor merged
    pair.run(Outcome.DONE);
    assertEquals(List.of(), pair.counting.fetched);
    assertFalse(pair.target.store().missing().lacks().isEmpty());
    pair.target.runBackground();
    pair.assertEqual();
  }

  @Test
  void nothingAtAllWasHere() throws Exception {
    pair.full(1, false);
    pair.checkpoint(false, false, script -> script.raw(7, 3, 4).slim(5, 80));
    pair.checkpoint(false, false, script -> script.zeroTract(0).slim(6, 80));
    pair.checkpoint(false, false, script -> script.raw(8, 2_050, 2_051));
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void whatIsNotBelievedIsProvenWithoutAByte() throws Exception {
    pair.full(1, true);
    pair.checkpoint(false, true, script -> script.raw(7, 3, 4).slim(5, 80));
    pair.checkpoint(false, true, script -> script.zeroTract(1));
    pair.target.store().distrust(Set.of(pair.target.image()));
    assertEquals(3, pair.target.store().missing().lacks().size());
    pair.run(Outcome.DONE);
    pair.assertEqual();
    assertEquals(List.of(), pair.counting.fetched);
  }

  @Test
  void afterAnInstallWhatWasSkippedIsFetchedAndTheRestCompared() throws Exception {
    pair.full(1, true);
    pair.checkpoint(false, true, script -> script.raw(7, 3, 4).slim(5, 80));
    pair.source.onHead().raw(8, 2, 2).commit();
    CheckpointKey last = pair.source.onHead().raw(9, 5, 5).commit();
    pair.install();
    assertEquals(2, pair.target.store().missing().lacks().size());
    pair.run(Outcome.DONE);
    pair.assertEqual();
    assertTrue(pair.counting.fetched.contains("%s tract 0".formatted(last)));
    assertTrue(
        pair.counting.fetched.stream()
            .noneMatch(what -> what.endsWith("tract 1") || what.endsWith("tract 2")),
        () -> "" + pair.counting.fetched);
  }

  @Test
  void theHoldMarkFollowsWithTheFlush() throws Exception {
    pair.full(1, true);
    pair.checkpoint(false, false, script -> script.raw(7, 3, 4));
    pair.target.runBackground();
    pair.target.snapshot();
    long before = pair.target.store().holdMark();
    assertTrue(before < pair.target.store().applied().index());
    pair.run(Outcome.DONE);
    assertEquals(before, pair.target.store().holdMark());
    assertTrue(pair.target.store().snapshotDue());
    pair.target.runBackground();
    pair.target.snapshot();
    assertEquals(pair.target.store().applied().index(), pair.target.store().holdMark());
    pair.target.powerCut();
    pair.assertEqual();
  }

  @Test
  void whatWasNotFlushedIsComparedAgain() throws Exception {
    pair.full(1, true);
    pair.checkpoint(false, false, script -> script.raw(7, 3, 4));
    pair.run(Outcome.DONE);
    pair.target.powerCut();
    pair.newStep();
    assertFalse(pair.target.store().missing().lacks().isEmpty());
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void goneWhereTheSourceHasRetiredIt() throws Exception {
    CheckpointKey first = pair.full(1, false);
    pair.full(2, true);
    LocalRepairSource source = new LocalRepairSource("source", pair.source.store());
    pair.source.submit(new Command.Retire(first.image(), List.of(first.checkpoint())));
    RepairRefusal refusal =
        assertThrows(RepairRefusal.class, () -> source.tract(first, 0, 0, new BitSet()));
    assertEquals(RepairRefusal.Kind.GONE, refusal.kind());
    assertEquals(pair.source.store().applied().index(), refusal.index());
    assertThrows(RepairRefusal.class, () -> source.list(first, TractSet.ALL));
    assertThrows(RepairRefusal.class, () -> source.slim(first));
    pair.run(Outcome.WAITS);
    pair.target.submit(new Command.Retire(first.image(), List.of(first.checkpoint())));
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void aSourceThatLagsIsBehind() throws Exception {
    LocalRepairSource target = new LocalRepairSource("target", pair.target.store());
    CheckpointKey next = CheckpointKey.of(pair.target.image().value(), 1);
    RepairRefusal refusal =
        assertThrows(RepairRefusal.class, () -> target.list(next, TractSet.ALL));
    assertEquals(RepairRefusal.Kind.BEHIND, refusal.kind());
  }

  @Test
  void aSourceDoesNotGiveWhatItLacks() throws Exception {
    CheckpointKey first = pair.full(1, false);
    LocalRepairSource target = new LocalRepairSource("target", pair.target.store());
    assertEquals(List.of(), target.list(first, TractSet.ALL).tracts());
    assertEquals(Optional.empty(), target.list(first, TractSet.ALL).slim());
    assertEquals(
        RepairRefusal.Kind.NOT_HERE,
        assertThrows(RepairRefusal.class, () -> target.tract(first, 0, 0, new BitSet())).kind());
    assertEquals(
        RepairRefusal.Kind.NOT_HERE,
        assertThrows(RepairRefusal.class, () -> target.slim(first)).kind());
  }

  @Test
  void aSourceThatRetiresMeanwhileChangesNothing() throws Exception {
    CheckpointKey first = pair.full(1, false);
    pair.full(2, false);
    pair.counting.beforeTract =
        () -> {
          pair.counting.beforeTract = () -> {};
          try {
            pair.retire(first);
          } catch (Exception e) {
            throw new IllegalStateException(e);
          }
        };
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void aLinkThatIsDownIsTriedLater() throws Exception {
    pair.full(1, false);
    pair.counting.cut = true;
    pair.run(Outcome.WAITS);
    pair.counting.cut = false;
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void aStepKilledAnywhereFetchesNothingTwice() throws Exception {
    pair.full(1, true);
    pair.checkpoint(false, false, script -> script.raw(7, 3, 4).raw(7, 2_050, 2_051).slim(5, 80));
    pair.checkpoint(false, false, script -> script.raw(8, 5, 6).raw(8, 4_096, 4_096));
    Outcome outcome = Outcome.WORKED;
    for (int kills = 0; outcome == Outcome.WORKED; kills++) {
      assertTrue(kills < 100, "the repair does not get on");
      outcome = pair.newStep().step().outcome();
      pair.target.runBackground();
      pair.target.snapshot();
      pair.target.powerCut();
    }
    pair.newStep();
    pair.run(Outcome.DONE);
    pair.assertEqual();
    Set<String> once = new HashSet<>(pair.counting.fetched);
    assertEquals(once.size(), pair.counting.fetched.size(), pair.counting.fetched.toString());
  }

  private static void assertRefused(
      Rejection rejection, org.junit.jupiter.api.function.Executable call) {
    assertEquals(rejection, assertThrows(Refusal.class, call).rejection());
  }

  private void read(ReadPoint point, int page) throws Exception {
    pair.target
        .store()
        .pages()
        .read(point, 0, new long[] {page}, ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES));
  }

  /** Flips a bit of the stored bytes that hold this text at the target. */
  private void flip(byte[] bytes) throws Exception {
    flip(pair.target, bytes);
  }

  private static void flip(StoreFixture replica, byte[] bytes) throws Exception {
    for (String name : replica.media().segments().list()) {
      byte[] file = replica.media().disk().bytes("segments", name);
      int at = find(file, bytes);
      if (at >= 0) {
        replica.media().disk().flipBit("segments", name, at, 3);
        return;
      }
    }
    throw new AssertionError("not found on the disk");
  }

  private static int find(byte[] file, byte[] bytes) {
    outer:
    for (int at = 0; at + bytes.length <= file.length; at++) {
      for (int i = 0; i < bytes.length; i++) {
        if (file[at + i] != bytes[i]) {
          continue outer;
        }
      }
      return at;
    }
    return -1;
  }

  private static byte[] start(long seed, int page) {
    byte[] bytes = new byte[64];
    CheckpointScript.payload(io.hydrant.engine.model.PageEncoding.RAW, seed, page, page).get(bytes);
    return bytes;
  }

  @Test
  void aDamagedPageIsRepaired() throws Exception {
    CheckpointKey first = pair.full(1, true);
    pair.checkpoint(false, true, script -> script.raw(7, 3, 4));
    ReadPoint point = pair.target.read(first);
    pair.target.runBackground();
    pair.target.snapshot();
    long before = pair.target.store().holdMark();
    flip(start(1, 3));
    assertRefused(Rejection.DAMAGED, () -> read(point, 3));
    assertRefused(Rejection.DAMAGED, () -> read(point, 3));
    assertEquals(1L, pair.target.store().gauges().get("damaged_page_count"));
    long fallen = pair.target.store().holdMark();
    assertTrue(fallen < before);
    pair.target.runBackground();
    pair.target.snapshot();
    pair.target.powerCut();
    assertEquals(1L, pair.target.store().gauges().get("damaged_page_count"));
    assertEquals(fallen, pair.target.store().holdMark());
    pair.newStep();
    pair.run(Outcome.DONE);
    assertEquals(StoreFixture.PAGE_BYTES, pair.counting.bytes);
    assertEquals(0L, pair.target.store().gauges().get("damaged_page_count"));
    read(pair.target.read(point.session().id()), 3);
    pair.target.runBackground();
    pair.target.snapshot();
    assertEquals(pair.target.store().applied().index(), pair.target.store().holdMark());
    pair.target.powerCut();
    pair.assertEqual();
  }

  @Test
  void aDamagedSlimStateIsRepaired() throws Exception {
    CheckpointKey first = pair.full(1, true);
    ReadPoint point = pair.target.read(first);
    byte[] bytes = new byte[64];
    io.hydrant.testkit.simulation.PageContents.page(1 + RepairPair.SLIM_SEEDS, 800).get(bytes);
    flip(bytes);
    var chunk = pair.target.store().slim().chunks(point).getFirst();
    assertRefused(Rejection.DAMAGED, () -> pair.target.store().slim().read(point, chunk));
    assertEquals(1L, pair.target.store().gauges().get("damaged_page_count"));
    pair.run(Outcome.DONE);
    assertEquals(0L, pair.target.store().gauges().get("damaged_page_count"));
    pair.assertEqual();
  }

  @Test
  void aDamagedSourceIsNamedAndRepairsItselfLater() throws Exception {
    CheckpointKey first = pair.full(1, true);
    flip(start(1, 3));
    LocalRepairSource target = new LocalRepairSource("target", pair.target.store());
    assertEquals(
        RepairRefusal.Kind.DAMAGED,
        assertThrows(RepairRefusal.class, () -> target.tract(first, 0, 0, new BitSet())).kind());
    assertEquals(1L, pair.target.store().gauges().get("damaged_page_count"));
    BitSet all = new BitSet();
    all.set(0, 2_048);
    target.tract(first, 0, 0, all);
    pair.run(Outcome.DONE);
    pair.assertEqual();
  }

  @Test
  void damageThatNothingShowsAnyMoreIsForgotten() throws Exception {
    CheckpointKey first = pair.full(1, true);
    flip(start(1, 3));
    LocalRepairSource target = new LocalRepairSource("target", pair.target.store());
    assertThrows(RepairRefusal.class, () -> target.tract(first, 0, 0, new BitSet()));
    pair.full(2, true);
    pair.retire(first);
    assertEquals(0L, pair.target.store().gauges().get("damaged_page_count"));
    pair.run(Outcome.DONE);
    pair.target.runBackground();
    pair.target.snapshot();
    assertEquals(pair.target.store().applied().index(), pair.target.store().holdMark());
  }

  @Test
  void whatNobodyHasIsNotWaitedFor() throws Exception {
    CheckpointKey first = pair.full(1, true);
    CheckpointKey second = pair.checkpoint(false, false, script -> script.raw(7, 3, 6));
    flip(pair.source, start(7, 4));
    pair.run(Outcome.WAITS);
    pair.both(new Command.MarkDamaged(first.image(), 0, 0, second.checkpoint(), List.of(4)));
    pair.run(Outcome.DONE);
    assertEquals(List.of(), pair.target.store().missing().lacks());
    ReadPoint point = pair.target.read(second);
    assertRefused(Rejection.DAMAGED, () -> read(point, 4));
    read(point, 3);
    pair.target.runBackground();
    pair.target.snapshot();
    assertEquals(pair.target.store().applied().index(), pair.target.store().holdMark());
  }

  @Test
  void damageThatIsMarkedIsNotWaitedForEither() throws Exception {
    CheckpointKey first = pair.full(1, true);
    flip(start(1, 3));
    LocalRepairSource target = new LocalRepairSource("target", pair.target.store());
    assertThrows(RepairRefusal.class, () -> target.tract(first, 0, 0, new BitSet()));
    assertEquals(1L, pair.target.store().gauges().get("damaged_page_count"));
    pair.both(new Command.MarkDamaged(first.image(), 0, 0, first.checkpoint(), List.of(3)));
    assertEquals(0L, pair.target.store().gauges().get("damaged_page_count"));
    pair.run(Outcome.DONE);
  }

  @Test
  void severalThreadsWhileSnapshotsAreTaken() throws Exception {
    pair.full(1, false);
    for (int i = 0; i < 8; i++) {
      int at = i;
      pair.checkpoint(
          false, i % 3 == 0, script -> script.raw(at, 20 * at, 20 * at + 5).raw(at, 4_096, 4_098));
    }
    try (var threads = Executors.newFixedThreadPool(4)) {
      List<Future<Void>> all = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        all.add(
            threads.submit(() -> {
              Outcome outcome;
              do {
                outcome = pair.step().outcome();
              } while (outcome != Outcome.DONE);
              return null;
            }));
      }
      // Snapshots meanwhile: none may take segments for dead to which a repair is about to point.
      while (!all.stream().allMatch(Future::isDone)) {
        pair.target.submit(new Command.SetRetention(pair.target.image(), 1));
        pair.target.runBackground();
        pair.target.snapshot();
      }
      for (Future<Void> one : all) {
        one.get(60, TimeUnit.SECONDS);
      }
    }
    pair.assertEqual();
    pair.target.runBackground();
    pair.target.snapshot();
    pair.target.powerCut();
    pair.assertEqual();
  }

  @Test
  void anyHistoryAnyHoles() throws Exception {
    int seeds = Integer.getInteger("hydrant.repair.seeds", 5);
    for (int seed = 0; seed < seeds; seed++) {
      try {
        history(new SplittableRandom(seed));
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private static void history(SplittableRandom random) throws Exception {
    RepairPair pair = new RepairPair();
    pair.full(random.nextInt(1_000), random.nextBoolean());
    for (int round = 0; round < 25; round++) {
      boolean here = random.nextInt(3) > 0;
      long seed = random.nextLong(1_000_000);
      int dice = random.nextInt(16);
      if (dice == 0) {
        pair.full(seed, here);
      } else if (dice == 1) {
        List<CheckpointId> all = List.copyOf(pair.image().committed().keySet());
        CheckpointId pick = all.get(random.nextInt(all.size()));
        pair.retire(new CheckpointKey(pair.target.image(), pick));
      } else if (dice == 2) {
        pair.takeOver(random);
      } else if (dice == 3) {
        pair.target.runBackground();
        pair.target.snapshot();
        pair.target.powerCut();
        pair.newStep();
      } else if (dice == 4) {
        for (int unseen = random.nextInt(4); unseen > 0; unseen--) {
          CheckpointScript script = pair.source.onHead();
          increment(script, new SplittableRandom(seed + unseen));
          script.commit();
        }
        pair.install();
      } else if (dice < 8) {
        for (int i = random.nextInt(6); i > 0; i--) {
          pair.step();
        }
      } else {
        pair.checkpoint(false, here, script -> increment(script, new SplittableRandom(seed)));
      }
    }
    pair.run(Outcome.DONE);
    pair.assertEqual();
    pair.target.runBackground();
    pair.target.snapshot();
    pair.target.powerCut();
    pair.assertEqual();
    assertEquals(pair.target.store().applied().index(), pair.target.store().holdMark());
  }

  static void increment(CheckpointScript script, SplittableRandom random) throws Exception {
    boolean zero = random.nextInt(6) == 0;
    if (zero) {
      script.zeroTract(random.nextBoolean() ? 1 : 0);
    } else {
      int first = random.nextInt(2_048) / 40 * 3;
      script.raw(random.nextInt(1_000), first, first + random.nextInt(4));
      script.zero(2_100 + random.nextInt(5), 2_110);
    }
    if (random.nextBoolean()) {
      script.raw(random.nextInt(1_000), 4_100, 4_100 + random.nextInt(6));
    }
    if (random.nextBoolean()) {
      script.slim(random.nextInt(1_000), 80).slim(random.nextInt(1_000), 8);
    }
  }
}
