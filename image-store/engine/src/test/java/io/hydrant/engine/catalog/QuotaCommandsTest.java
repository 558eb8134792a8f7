package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.request;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.ImageId;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A quota is what the catalog remembers, and nothing that it decides by. */
final class QuotaCommandsTest {
  private static final Optional<Quota> ONE = Optional.of(new Quota(1));

  private final CatalogScript script = new CatalogScript();

  @Test
  void isSetAtCreationAndReplaced() {
    Command create = new Command.CreateImage("vm", RetentionPolicy.last(2), Durability.QUORUM, ONE);
    script.as(request(1)).apply(create);
    ImageId vm = new ImageId(1);
    assertEquals(ONE, script.image(vm).quota());
    script.as(request(1)).apply(new Command.CreateImage("vm", 2));
    assertEquals(ONE, script.image(vm).quota(), "a repeat changes nothing");
    Optional<Quota> more = Optional.of(new Quota(20L << 30));
    assertEquals(new Outcome.QuotaSet(), script.apply(new Command.SetQuota(vm, more)));
    assertEquals(more, script.image(vm).quota());
    long changed = script.image(vm).changedIndex();
    script.apply(new Command.SetQuota(vm, more));
    assertEquals(changed, script.image(vm).changedIndex(), "the same again is no change");
    script.apply(new Command.SetQuota(vm, Optional.empty()));
    assertEquals(Optional.empty(), script.image(vm).quota());
    assertTrue(script.image(vm).changedIndex() > changed);
    assertEquals(Optional.empty(), script.image(script.create("other")).quota());
  }

  @Test
  void decidesNoEntry() {
    ImageId vm = script.owned("vm", 1);
    script.apply(new Command.SetQuota(vm, ONE));
    CheckpointId one = script.full(vm);
    CheckpointId open = script.openOn(vm, one);
    script.apply(new Command.SetQuota(vm, ONE));
    script.commit(vm, open);
    assertEquals(List.of(one), script.retire(vm, one));
    assertEquals(ONE, script.image(vm).quota());
    script.apply(new Command.NameCheckpoint(vm, cp(2), "kept"));
    script.apply(new Command.SetRetention(vm, 3));
    assertEquals(ONE, script.image(vm).quota(), "it stays beside all else");
  }

  @Test
  void isRefusedWhereNothingCanBeBrought() {
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.SetQuota(new ImageId(9), ONE));
    ImageId vm = script.owned("vm", 1);
    script.full(vm);
    script.pinHead(vm);
    script.apply(new Command.DeleteImage(vm, true));
    script.refused(Rejection.UNKNOWN_IMAGE, new Command.SetQuota(vm, ONE));
  }

  @Test
  void namesItsBounds() {
    for (long bad : new long[] {0, -1, CatalogLimits.QUOTA_BYTES_MAX + 1}) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> new Quota(bad)).getMessage();
      assertTrue(message != null && message.contains("1 to 1152921504606846976"), message);
    }
  }
}
