package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.CatalogScript.cp;
import static io.hydrant.engine.catalog.CatalogScript.request;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.StoreIdentity;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A small catalog with everything in it that the format can express. */
final class GoldenCatalog {
  static final StoreIdentity IDENTITY =
      new StoreIdentity(new UUID(1, 2), new UUID(3, 4), new UUID(5, 6));

  private GoldenCatalog() {}

  static Catalog build() {
    CatalogScript script = new CatalogScript();
    quotas(script);
    script.apply(
        new Command.LearnPlan(
            script.catalog.imageNamed("held").orElseThrow().id(),
            new LearnedPlan(1, new byte[] {3, 1, 4, 1, 5})));
    return script.catalog;
  }

  /** As version 5 could express it: nothing was learned. */
  static Catalog ofVersion5() {
    CatalogScript script = new CatalogScript();
    quotas(script);
    return script.catalog;
  }

  private static void quotas(CatalogScript script) {
    named(script);
    script.apply(
        new Command.CreateImage(
            "held", RetentionPolicy.last(1), Durability.QUORUM, Optional.of(new Quota(10L << 30))));
    script.apply(
        new Command.SetQuota(
            script.catalog.imageNamed("never-owned").orElseThrow().id(),
            Optional.of(new Quota(CatalogLimits.QUOTA_BYTES_MAX))));
  }

  /** As version 4 could express it: no image has a quota. */
  static Catalog ofVersion4() {
    CatalogScript script = new CatalogScript();
    named(script);
    return script.catalog;
  }

  private static void named(CatalogScript script) {
    ImageId restored = damaged(script);
    script.apply(
        new Command.SetRetention(
            restored,
            new RetentionPolicy(
                3,
                Optional.of(60_000L),
                List.of(
                    new RetentionPolicy.Tier(600_000, 1_000),
                    new RetentionPolicy.Tier(86_400_000, 60_000)))));
    script.apply(new Command.NameCheckpoint(restored, cp(1), "before-upgrade"));
    script.apply(new Command.NameCheckpoint(restored, cp(1), "Z.1"));
  }

  /** As version 1 could express it: every image is QUORUM, and no take-over opens a session. */
  static Catalog ofVersion1() {
    CatalogScript script = new CatalogScript();
    common(script, Durability.QUORUM);
    return script.catalog;
  }

  /** As version 2 could express it: nothing is damaged. */
  static Catalog ofVersion2() {
    CatalogScript script = new CatalogScript();
    restored(script);
    return script.catalog;
  }

  /** As version 3 could express it: all are kept by number alone, and none for its name. */
  static Catalog ofVersion3() {
    CatalogScript script = new CatalogScript();
    damaged(script);
    return script.catalog;
  }

  private static ImageId damaged(CatalogScript script) {
    ImageId restored = restored(script);
    script.apply(new Command.MarkDamaged(restored, 0, 127, cp(1), List.of(3, 2_047)));
    script.apply(new Command.MarkDamaged(restored, 0, 3, cp(1), List.of(0)));
    return restored;
  }

  private static ImageId restored(CatalogScript script) {
    common(script, Durability.ALL);
    ImageId restored = script.create("restored", 3);
    script.acquire(restored, 5);
    script.full(restored);
    script.acquireRestoring(restored, 6, new Command.Restore.Head(2_000));
    return restored;
  }

  private static void common(CatalogScript script, Durability durability) {
    script.at(1_800_000_000_000L);
    script.apply(new Command.CreateImage("never-owned", 10_000, durability));
    ImageId gone = script.create("gone");
    ImageId vm = script.as(request(1)).create("vm.1", 2);
    script.acquire(vm, 2);
    script.apply(new Command.DeleteImage(gone, false));
    script.full(vm);
    script.increment(vm);
    script.abort(vm, script.openOn(vm, cp(2)));
    script.increment(vm);
    script.increment(vm);
    script.retire(vm, cp(1), cp(2));
    script.acquireAt(vm, 3, cp(4));
    script.increment(vm);
    script.as(request(4)).pin(vm, cp(5));
    script.apply(new Command.Renew(script.pinHead(vm).session()));
    CheckpointId full =
        script.open(
            new Command.Open(
                vm,
                script.epoch(vm),
                CheckpointKind.FULL,
                Optional.empty(),
                Optional.of(
                    new RegionTable(
                        List.of(
                            new RegionSpec("pc.ram", RegionKind.MEMORY, 4_096, 1 << 24),
                            new RegionSpec("/rom@etc/ä", RegionKind.ROM, 4_096, 4_096),
                            new RegionSpec("disk", RegionKind.DISK, 2 << 20, 4L << 40))))));
    script.openOn(vm, full);
    ImageId deleting = script.owned("deleting", 1);
    script.full(deleting);
    script.pinHead(deleting);
    script.apply(new Command.DeleteImage(deleting, true));
  }
}
