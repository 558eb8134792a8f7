package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.catalog.ImageState.Fate;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.SessionId;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RetentionCommandsTest {
  private final CatalogScript script = new CatalogScript();

  @Test
  void keepsTheNewest() {
    ImageId vm = image(3, 6);
    assertEquals(List.of(cp(1), cp(3)), script.retire(vm, cp(3), cp(1), cp(3), cp(4), cp(6)));
    assertEquals(List.of(new Effect.Retire(vm, List.of(cp(1), cp(3)))), script.effects());
    assertEquals(Fate.RETIRED, script.image(vm).fate(cp(1)));
    assertEquals(Fate.COMMITTED, script.image(vm).fate(cp(2)));
    assertEquals(
        List.of(Line.of(1, 2), Line.of(1, 4), Line.of(1, 5), Line.of(1, 6)),
        script.image(vm).retainedLines());
    assertEquals(List.of(cp(2)), script.retire(vm, cp(2)));
    assertEquals(List.of(), script.retire(vm, cp(4)), "three are left");
  }

  @Test
  void nothingToRetireChangesNothing() {
    ImageId vm = image(3, 3);
    long changed = script.image(vm).changedIndex();
    assertEquals(List.of(), script.retire(vm, cp(1), cp(9)));
    assertEquals(List.of(), script.effects());
    assertEquals(changed, script.image(vm).changedIndex());
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.Retire(new ImageId(9), List.of(cp(1))));
  }

  @Test
  void leavesOutPinnedOnes() {
    ImageId vm = image(1, 4);
    SessionId session = script.pin(vm, cp(2)).session();
    assertEquals(List.of(cp(1), cp(3)), script.retire(vm, cp(1), cp(2), cp(3)));
    script.unpin(session);
    assertEquals(List.of(cp(2)), script.retire(vm, cp(2)));
  }

  @Test
  void leavesOutTheHeadAfterATakeOverFromAnOlderOne() {
    ImageId vm = image(1, 4);
    script.acquireAt(vm, 7, cp(2));
    assertEquals(List.of(cp(1), cp(3)), script.retire(vm, cp(1), cp(2), cp(3), cp(4)));
    CheckpointId five = script.increment(vm);
    assertEquals(Line.of(5, 5, 1, 2), script.image(vm).line(five));
    assertEquals(List.of(cp(2), cp(4)), script.retire(vm, cp(2), cp(4)));
    assertEquals(List.of(Line.of(5, 5, 1, 2)), script.image(vm).retainedLines());
    assertEquals(2, ((ImageRecord) script.image(vm)).history().retained().branches().size());
  }

  @Test
  void followsAChangedRetention() {
    ImageId vm = image(4, 4);
    script.apply(new Command.SetRetention(vm, 2));
    assertEquals(List.of(cp(1), cp(2)), script.retire(vm, cp(1), cp(2), cp(3), cp(4)));
  }

  private ImageId image(int keepLast, int checkpoints) {
    ImageId vm = script.owned("vm", keepLast);
    script.full(vm);
    for (int i = 1; i < checkpoints; i++) {
      script.increment(vm);
    }
    return vm;
  }
}
