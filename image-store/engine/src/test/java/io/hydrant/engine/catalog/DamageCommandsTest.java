package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.ImageId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is marked damaged, and for how long (PROTOCOL R24). */
final class DamageCommandsTest {
  private final CatalogScript script = new CatalogScript();
  private final ImageId vm = script.owned("vm", 2);

  private Command.MarkDamaged mark(CheckpointId checkpoint, Integer... pages) {
    return new Command.MarkDamaged(vm, 0, 5, checkpoint, List.of(pages));
  }

  private DamagedPages damaged() {
    return script.image(vm).damaged();
  }

  @Test
  void theNextIncrementIsToldToSendFull() {
    script.full(vm);
    CheckpointId second = script.increment(vm);
    CheckpointId third = script.increment(vm);
    assertEquals(new Outcome.PagesMarked(2), script.apply(mark(second, 3, 9)));
    assertEquals(new Outcome.PagesMarked(1), script.apply(mark(second, 3, 4)));
    assertEquals(new Outcome.PagesMarked(0), script.apply(mark(second, 9)));
    assertEquals(List.of(3, 4, 9), damaged().at(new DamagedPages.Place(0, 5, second.value())));
    Outcome.Rejected rejected =
        script.refused(Rejection.SEND_FULL, script.incrementalOpen(vm, third));
    assertTrue(rejected.message().contains("checkpoint 2"), rejected.message());
    script.full(vm);
    script.increment(vm);
  }

  @Test
  void whatIsOpenAlreadyStillCommits() {
    script.full(vm);
    CheckpointId open = script.openOn(vm, cp(1));
    script.apply(mark(cp(1), 3));
    script.refused(Rejection.SEND_FULL, script.incrementalOpen(vm, open));
    script.commit(vm, open);
  }

  @Test
  void anOlderCheckpointIsAsItWas() {
    script.full(vm);
    CheckpointId second = script.increment(vm);
    script.apply(mark(second, 3));
    script.acquireAt(vm, 77, cp(1));
    script.openOn(vm, cp(1));
  }

  @Test
  void isForgottenWithTheLastThatBuildsOnIt() {
    script.full(vm);
    script.increment(vm);
    CheckpointId third = script.increment(vm);
    script.apply(mark(cp(1), 3));
    script.retire(vm, cp(1));
    assertEquals(1, damaged().size());
    assertEquals(Optional.of(cp(1)), damaged().newestOn(script.image(vm).line(third)));
    script.full(vm);
    script.increment(vm);
    script.retire(vm, cp(2), third);
    assertTrue(damaged().isEmpty());
  }

  @Test
  void onlyPagesThatThereAre() {
    script.refused(Rejection.UNKNOWN_CHECKPOINT, mark(cp(1), 3));
    script.full(vm);
    script.refused(Rejection.UNKNOWN_CHECKPOINT, mark(cp(2), 3));
    script.refused(Rejection.UNKNOWN_CHECKPOINT, mark(script.openOn(vm, cp(1)), 3));
    script.refused(Rejection.INVALID, mark(cp(1)));
    script.refused(Rejection.INVALID, mark(cp(1), 4, 3));
    script.refused(Rejection.INVALID, mark(cp(1), 3, 3));
    script.refused(Rejection.INVALID, mark(cp(1), 2_048));
    script.refused(Rejection.INVALID, mark(cp(1), -1));
    script.refused(Rejection.INVALID, new Command.MarkDamaged(vm, 1, 0, cp(1), List.of(0)));
    script.refused(Rejection.INVALID, new Command.MarkDamaged(vm, 0, 128, cp(1), List.of(0)));
    script.refused(Rejection.INVALID, new Command.MarkDamaged(vm, 0, -1, cp(1), List.of(0)));
    script.refused(
        Rejection.UNKNOWN_IMAGE, new Command.MarkDamaged(new ImageId(99), 0, 0, cp(1), List.of(0)));
  }

  @Test
  void noMoreThanAnImageMayHave() {
    script.full(vm);
    List<Integer> tract = java.util.stream.IntStream.range(0, 2_048).boxed().toList();
    for (int i = 0; i < CatalogLimits.DAMAGED_PAGES_MAX / 2_048; i++) {
      script.apply(new Command.MarkDamaged(vm, 0, i, cp(1), tract));
    }
    assertEquals(CatalogLimits.DAMAGED_PAGES_MAX, damaged().size());
    script.refused(
        Rejection.LIMIT_EXCEEDED, new Command.MarkDamaged(vm, 0, 100, cp(1), List.of(0)));
  }
}
