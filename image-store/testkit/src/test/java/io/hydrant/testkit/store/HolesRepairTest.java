package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairPlan;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.repair.RepairStep.Outcome;
import io.hydrant.engine.repair.RepairedTract;
import io.hydrant.engine.repair.TractSummary;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.store.TractSet;
import java.io.IOException;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Two replicas that each lack what the other has, and a third one, asked by nobody, that says what
 * they must come to (PROTOCOL R10, R16).
 */
class HolesRepairTest {
  private final StoreFixture lost;
  private final StoreFixture one;
  private final StoreFixture two;

  HolesRepairTest() throws Exception {
    lost = StoreFixture.withPages(RepairPair.PAGES);
    one = StoreFixture.withPages(RepairPair.PAGES);
    two = StoreFixture.withPages(RepairPair.PAGES);
    one.replica().joinOthers();
    two.replica().joinOthers();
    all(new Command.SetRetention(one.image(), 1));
  }

  private void all(Command command) throws Exception {
    lost.submit(command);
    one.submit(command);
    two.submit(command);
  }

  private CheckpointKey checkpoint(
      boolean full, boolean atOne, boolean atTwo, RepairPair.Steps steps) throws Exception {
    CheckpointScript script = full ? lost.full() : lost.onHead();
    steps.on(script);
    CheckpointKey key = script.commit();
    commit(one, full, atOne, key, script, steps);
    commit(two, full, atTwo, key, script, steps);
    return key;
  }

  private static void commit(
      StoreFixture at,
      boolean full,
      boolean here,
      CheckpointKey key,
      CheckpointScript script,
      RepairPair.Steps steps)
      throws Exception {
    if (here) {
      CheckpointScript same = full ? at.full() : at.onHead();
      steps.on(same);
      same.commit();
      return;
    }
    if (full) {
      at.openFull();
    } else {
      at.openOnHead();
    }
    at.submit(new Command.Commit(key, at.epoch(), script.content(), List.of("self")));
  }

  private void retire(CheckpointKey key) throws Exception {
    all(new Command.Retire(key.image(), List.of(key.checkpoint())));
  }

  private static RepairStep repair(StoreFixture of, StoreFixture from) {
    return repair(of, new LocalRepairSource("other", from.store()));
  }

  private static RepairStep repair(StoreFixture of, RepairSource from) {
    return new RepairStep(
        of.store(),
        new RepairStep.Surroundings() {
          @Override
          public List<RepairSource> sources(CheckpointKey asOf, RepairPlan.Urgency urgency) {
            return List.of(from);
          }

          @Override
          public Collection<InventoryView> others() {
            return List.of();
          }
        },
        _ -> true);
  }

  private static Outcome run(StoreFixture of, StoreFixture from) throws Exception {
    return run(repair(of, from));
  }

  private static Outcome run(RepairStep step) throws Exception {
    for (int steps = 0; steps < 1_000; steps++) {
      Outcome outcome = step.step().outcome();
      if (outcome != Outcome.WORKED) {
        return outcome;
      }
    }
    throw new AssertionError("the repair does not end");
  }

  /** What a replica says that it has is what the third one has; returns how many tracts. */
  private int assertSame(StoreFixture at) throws Exception {
    LocalRepairSource own = new LocalRepairSource("own", at.store());
    LocalRepairSource model = new LocalRepairSource("model", lost.store());
    int tracts = 0;
    for (CheckpointId id :
        at.store().catalog().image(at.image()).orElseThrow().committed().keySet()) {
      CheckpointKey key = new CheckpointKey(at.image(), id);
      List<TractSummary> expected = model.list(key, TractSet.ALL).tracts();
      for (TractSummary tract : own.list(key, TractSet.ALL).tracts()) {
        assertTrue(expected.contains(tract), () -> key + ": " + tract + " of " + expected);
        RepairedTract mine = own.tract(key, 0, tract.tract(), new BitSet());
        assertEquals(model.tract(key, 0, tract.tract(), new BitSet()).data(), mine.data());
        tracts++;
      }
    }
    return tracts;
  }

  private void assertWhole(StoreFixture at) throws Exception {
    assertEquals(List.of(), at.store().missing().lacks());
    assertEquals(
        3 * at.store().catalog().image(at.image()).orElseThrow().committed().size(),
        assertSame(at));
  }

  @Test
  void eachHasWhatTheOtherLacksOfWhatIsRetained() throws Exception {
    CheckpointKey base = checkpoint(true, true, true, script -> RepairPair.fill(script, 1));
    CheckpointKey first =
        checkpoint(
            false,
            false,
            true,
            script -> script.raw(7, 3, 6).raw(7, 2_050, 2_051).zero(4_097, 4_097));
    CheckpointKey second =
        checkpoint(false, true, false, script -> script.raw(8, 5, 8).zeroTract(1));
    checkpoint(false, true, true, script -> script.raw(9, 8, 9).raw(9, 4_098, 4_098));
    checkpoint(false, true, true, script -> script.raw(10, 2, 2));
    retire(base);
    retire(first);
    retire(second);
    assertFalse(one.store().missing().lacks().isEmpty());
    assertFalse(two.store().missing().lacks().isEmpty());
    assertEquals(Outcome.DONE, run(one, two));
    assertWhole(one);
    assertEquals(Outcome.DONE, run(two, one));
    assertWhole(two);
    one.runBackground();
    one.snapshot();
    one.powerCut();
    assertWhole(one);
  }

  @Test
  void whatBothLackIsNotMadeUp() throws Exception {
    CheckpointKey base = checkpoint(true, true, true, script -> RepairPair.fill(script, 1));
    CheckpointKey first = checkpoint(false, false, false, script -> script.raw(7, 3, 6));
    CheckpointKey second = checkpoint(false, true, false, script -> script.raw(8, 5, 8));
    checkpoint(false, true, true, script -> script.raw(9, 8, 9));
    retire(base);
    retire(first);
    retire(second);
    assertEquals(Outcome.WAITS, run(one, two));
    assertEquals(0, assertSame(one));
    assertEquals(Outcome.WAITS, run(two, one));
    assertEquals(0, assertSame(two));
    assertEquals(Outcome.DONE, run(one, lost));
    assertEquals(Outcome.DONE, run(two, one));
    assertWhole(two);
  }

  /** The seed that found it lost the third disk after an install, and with it 5 and 6. */
  @Test
  void whatWasHereBeforeAnInstallIsGivenToWhoLacksIt() throws Exception {
    CheckpointKey base = checkpoint(true, true, true, script -> RepairPair.fill(script, 1));
    CheckpointKey fifth = checkpoint(false, true, false, script -> script.raw(7, 3, 6));
    CheckpointKey sixth = checkpoint(false, true, false, script -> script.raw(8, 5, 8));
    CheckpointKey seventh = unseenByOne(script -> script.raw(9, 8, 9).raw(9, 4_096, 4_096));
    unseenByOne(script -> script.raw(10, 2, 2));
    retireUnseenByOne(base, fifth, sixth, seventh);
    installOverOne();
    assertEquals(Outcome.DONE, run(one, two));
    assertEquals(Outcome.DONE, run(two, one));
    assertWhole(one);
    assertWhole(two);
  }

  /** A checkpoint that the first one hears nothing of. */
  private CheckpointKey unseenByOne(RepairPair.Steps steps) throws Exception {
    CheckpointScript script = lost.onHead();
    steps.on(script);
    CheckpointKey key = script.commit();
    commit(two, false, true, key, script, steps);
    return key;
  }

  /** The last step is always a checkpoint, or more. */
  private void goOnUnseenByOne(SplittableRandom random, long seed) throws Exception {
    int dice = random.nextInt(6);
    if (dice == 0) {
      List<CheckpointId> kept =
          List.copyOf(
              lost.store().catalog().image(lost.image()).orElseThrow().committed().keySet());
      CheckpointId at = kept.get(random.nextInt(kept.size()));
      lost.acquireAt(at);
      two.acquireAt(at);
    } else if (dice == 1) {
      for (StoreFixture at : List.of(lost, two)) {
        at.submit(new Command.Abort(at.openOnHead(), Optional.of(at.epoch())));
      }
    }
    if (dice == 2) {
      CheckpointScript script = lost.full();
      RepairPair.fill(script, seed);
      CheckpointKey key = script.commit();
      commit(two, true, true, key, script, same -> RepairPair.fill(same, seed));
    } else {
      unseenByOne(script -> RepairTest.increment(script, new SplittableRandom(seed)));
    }
  }

  private void retireUnseenByOne(CheckpointKey... keys) throws Exception {
    Command retire =
        new Command.Retire(one.image(), Stream.of(keys).map(CheckpointKey::checkpoint).toList());
    lost.submit(retire);
    two.submit(retire);
  }

  private void installOverOne() throws Exception {
    one.runBackground();
    one.store().install(two.store().frozenCatalog().encode());
    one.replica().adoptLog(two.replica());
    one.ownAs(two);
    one.runBackground();
  }

  /** Nothing that is here is believed any more. */
  private void distrust() {
    try {
      one.store().distrust(Set.of(one.image()));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatBecomesUnknownWhileItIsAskedForIsNotProven() throws Exception {
    checkpoint(true, true, true, script -> RepairPair.fill(script, 1));
    CheckpointKey first = checkpoint(false, false, true, script -> script.raw(7, 3, 6));
    CheckpointKey second = checkpoint(false, true, false, script -> script.raw(8, 5, 8));
    CheckpointKey last = checkpoint(false, true, true, script -> script.raw(9, 8, 9));
    retire(first);
    retire(second);
    RepairPair.Counting counting =
        new RepairPair.Counting(new LocalRepairSource("other", two.store()));
    counting.beforeTract =
        () -> {
          counting.beforeTract = () -> {};
          distrust();
        };
    assertEquals(Outcome.WAITS, run(repair(one, counting)));
    assertEquals(List.of("%s tract 0".formatted(last)), counting.fetched, "asked once");
    assertTrue(one.store().missing().lacking(last).has(0, 0));
    assertSame(one);
    assertEquals(Outcome.DONE, run(one, lost));
    assertEquals(Outcome.DONE, run(two, one));
    assertWhole(two);
  }

  @Test
  void anyHistoryAnyHoles() throws Exception {
    int seeds = Integer.getInteger("hydrant.repair.seeds", 6);
    for (int seed = 0; seed < seeds; seed++) {
      try {
        new HolesRepairTest().history(new SplittableRandom(seed), seed % 2 == 0);
      } catch (Throwable e) {
        throw new AssertionError("seed " + seed, e);
      }
    }
  }

  private void history(SplittableRandom random, boolean disjoint) throws Exception {
    checkpoint(true, true, true, script -> RepairPair.fill(script, 1));
    for (int round = 0; round < 20; round++) {
      int dice = random.nextInt(12);
      long seed = random.nextLong(1_000_000);
      List<CheckpointId> kept =
          List.copyOf(one.store().catalog().image(one.image()).orElseThrow().committed().keySet());
      if (dice == 0) {
        checkpoint(true, seed % 2 == 0, seed % 2 == 1, script -> RepairPair.fill(script, seed));
      } else if (dice == 1) {
        lost.acquireAt(kept.get(random.nextInt(kept.size())));
        CheckpointId head =
            lost.store().catalog().image(lost.image()).orElseThrow().head().orElseThrow();
        one.acquireAt(head);
        two.acquireAt(head);
      } else if (dice < 5) {
        retire(new CheckpointKey(one.image(), kept.get(random.nextInt(kept.size()))));
      } else if (dice == 5) {
        repair(one, two).step();
        repair(two, one).step();
        assertSame(one);
        assertSame(two);
      } else if (dice == 6) {
        for (int unseen = 1 + random.nextInt(3); unseen > 0; unseen--) {
          goOnUnseenByOne(random, seed + unseen);
        }
        if (random.nextBoolean()) {
          retireUnseenByOne(new CheckpointKey(one.image(), kept.get(random.nextInt(kept.size()))));
        }
        installOverOne();
        assertSame(one);
      } else {
        int who = random.nextInt(disjoint ? 3 : 4);
        checkpoint(
            false,
            who == 0 || who == 1,
            who == 0 || who == 2,
            script -> RepairTest.increment(script, new SplittableRandom(seed)));
      }
    }
    Outcome outcome = run(one, two);
    assertSame(one);
    run(two, one);
    assertSame(two);
    if (!disjoint) {
      outcome = run(one, lost);
    }
    assertEquals(Outcome.DONE, outcome);
    assertWhole(one);
  }
}
