package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class NameCommandsTest {
  private final CatalogScript script = new CatalogScript();
  private final ImageId vm = script.owned("vm", 1);

  NameCommandsTest() {
    script.full(vm);
    for (int i = 0; i < 3; i++) {
      script.increment(vm);
    }
  }

  @Test
  void aNamedOneStaysUntilItsLastNameIsReleased() {
    name(2, "before-upgrade");
    name(2, "again");
    assertEquals(
        Map.of("before-upgrade", cp(2), "again", cp(2)), Map.copyOf(script.image(vm).names()));
    assertEquals(List.of(cp(1), cp(3)), script.retire(vm, cp(1), cp(2), cp(3)));
    release("again", true);
    assertEquals(List.of(), script.retire(vm, cp(2)));
    release("before-upgrade", true);
    assertEquals(List.of(cp(2)), script.retire(vm, cp(2)));
    assertEquals(Map.of(), Map.copyOf(script.image(vm).names()));
  }

  @Test
  void aRepeatChangesNothing() {
    name(2, "x");
    long changed = script.image(vm).changedIndex();
    name(2, "x");
    assertEquals(changed, script.image(vm).changedIndex());
    release("x", true);
    changed = script.image(vm).changedIndex();
    release("x", false);
    assertEquals(changed, script.image(vm).changedIndex());
  }

  @Test
  void aNameIsAtOneCheckpointOnly() {
    name(2, "x");
    script.refused(Rejection.NAME_TAKEN, new Command.NameCheckpoint(vm, cp(3), "x"));
    release("x", true);
    name(3, "x");
    ImageId other = script.owned("other", 1);
    script.full(other);
    assertEquals(
        new Outcome.CheckpointNamed(new CheckpointKey(other, cp(1))),
        script.apply(new Command.NameCheckpoint(other, cp(1), "x")));
  }

  @Test
  void onlyWhatCanBeRestoredGetsAName() {
    script.retire(vm, cp(1));
    script.openOn(vm, cp(4));
    script.refused(Rejection.RETIRED, new Command.NameCheckpoint(vm, cp(1), "x"));
    script.refused(Rejection.NOT_COMMITTED, new Command.NameCheckpoint(vm, cp(5), "x"));
    script.refused(Rejection.UNKNOWN_CHECKPOINT, new Command.NameCheckpoint(vm, cp(6), "x"));
  }

  @Test
  void checksNames() {
    for (String good : List.of("a", "Z9", "A.b_c-d", "x".repeat(128))) {
      name(2, good);
    }
    for (String bad : List.of("", "7", "0x", ".a", "-a", "a b", "ä", "x".repeat(129))) {
      script.refused(Rejection.INVALID, new Command.NameCheckpoint(vm, cp(2), bad));
      release(bad, false);
    }
  }

  @Test
  void holdsALimitedNumber() {
    for (int i = 0; i < CatalogLimits.NAMES_PER_IMAGE_MAX; i++) {
      name(2, "n" + i);
    }
    script.refused(Rejection.LIMIT_EXCEEDED, new Command.NameCheckpoint(vm, cp(2), "more"));
    name(2, "n7");
    release("n7", true);
    name(2, "more");
  }

  @Test
  void anImageOnItsWayOutHasNone() {
    name(2, "x");
    script.pin(vm, cp(3));
    script.apply(new Command.DeleteImage(vm, true));
    assertEquals(Map.of(), Map.copyOf(script.image(vm).names()));
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.NameCheckpoint(vm, cp(2), "x"));
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.ReleaseName(vm, "x"));
    assertEquals(List.of(cp(1), cp(2)), script.retire(vm, cp(1), cp(2), cp(3)));
  }

  private void name(long id, String name) {
    assertEquals(
        new Outcome.CheckpointNamed(new CheckpointKey(vm, cp(id))),
        script.apply(new Command.NameCheckpoint(vm, cp(id), name)));
  }

  private void release(String name, boolean held) {
    assertEquals(new Outcome.NameReleased(held), script.apply(new Command.ReleaseName(vm, name)));
  }
}
