package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.hydrant.engine.model.ImageId;
import org.junit.jupiter.api.Test;

/** What was learned from restores is remembered, and decides nothing. */
final class PlanCommandsTest {
  private static LearnedPlan plan(long version, int... bytes) {
    byte[] raw = new byte[bytes.length];
    for (int i = 0; i < raw.length; i++) {
      raw[i] = (byte) bytes[i];
    }
    return new LearnedPlan(version, raw);
  }

  private final CatalogScript script = new CatalogScript();

  @Test
  void ofTwoWhoLearnAtOnceTheSecondIsTold() {
    ImageId vm = script.create("vm");
    assertEquals(LearnedPlan.NONE, script.image(vm).plan());
    assertEquals(
        new Outcome.PlanLearned(1, true), script.apply(new Command.LearnPlan(vm, plan(1, 7))));
    long changed = script.image(vm).changedIndex();
    assertEquals(
        new Outcome.PlanLearned(1, false), script.apply(new Command.LearnPlan(vm, plan(1, 8))));
    assertEquals(
        new Outcome.PlanLearned(1, false), script.apply(new Command.LearnPlan(vm, plan(3, 8))));
    assertEquals(plan(1, 7), script.image(vm).plan());
    assertEquals(changed, script.image(vm).changedIndex());
    assertEquals(
        new Outcome.PlanLearned(2, true), script.apply(new Command.LearnPlan(vm, plan(2, 9))));
    assertEquals(plan(2, 9), script.image(vm).plan());
  }

  @Test
  void outlivesCheckpointsAndOwners() {
    ImageId vm = script.owned("vm", 1);
    script.apply(new Command.LearnPlan(vm, plan(1, 7)));
    script.full(vm);
    script.acquire(vm, 2);
    script.full(vm);
    script.apply(new Command.SetRetention(vm, 3));
    assertEquals(plan(1, 7), script.image(vm).plan());
  }

  @Test
  void isRefusedWhereNothingCanBeRestored() {
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.LearnPlan(new ImageId(9), plan(1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> new LearnedPlan(1, new byte[CatalogLimits.PLAN_BYTES_MAX + 1]));
    assertThrows(IllegalArgumentException.class, () -> new LearnedPlan(-1, new byte[0]));
  }
}
