package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.EntryPosition;
import java.util.List;
import java.util.Optional;

/** What must hold of any bytes given to the decoder. */
final class DecodedCatalogs {
  private DecodedCatalogs() {}

  /** Whether they are a catalog; if so, it must encode to the same bytes and take any entry. */
  static boolean check(byte[] bytes) {
    Catalog catalog;
    try {
      catalog = Catalog.decode(bytes);
    } catch (MalformedCatalogException e) {
      return false;
    }
    byte[] again = catalog.encode();
    if (bytes[8] == CatalogFormat.VERSION && bytes[9] == 0) {
      assertArrayEquals(bytes, again);
    }
    for (ImageState image : List.copyOf(catalog.images())) {
      use(catalog, image);
    }
    return true;
  }

  private static void use(Catalog catalog, ImageState image) {
    assertEquals(image.committed().size(), image.retainedLines().size());
    image.committed().keySet().forEach(image::line);
    image.open().keySet().forEach(image::line);
    apply(
        catalog,
        new Command.Acquire(
            image.id(),
            Optional.empty(),
            CatalogScript.request(9),
            new Command.Restore.Head(CatalogScript.LEASE)));
    apply(catalog, new Command.Acquire(image.id(), Optional.empty(), CatalogScript.request(8)));
    ImageState taken = catalog.image(image.id()).orElseThrow();
    Optional<CheckpointId> base = taken.head();
    apply(
        catalog,
        new Command.Open(
            image.id(),
            taken.epoch(),
            base.isEmpty() ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
            base,
            base.isEmpty() ? Optional.of(CatalogScript.REGIONS) : Optional.empty()));
    for (CheckpointId id : List.copyOf(catalog.image(image.id()).orElseThrow().open().keySet())) {
      apply(
          catalog,
          new Command.Commit(
              new CheckpointKey(image.id(), id),
              taken.epoch(),
              CatalogScript.content(1),
              List.of()));
    }
    RetentionPlan.retirable(image, image.retention(), catalog.catalogMillis());
    RetentionPlan.retirableByNumber(image, image.retention());
    image
        .committed()
        .keySet()
        .forEach(id -> apply(catalog, new Command.NameCheckpoint(image.id(), id, "late")));
    image
        .names()
        .keySet()
        .forEach(name -> apply(catalog, new Command.ReleaseName(image.id(), name)));
    apply(catalog, new Command.SetQuota(image.id(), Optional.of(new Quota(1))));
    LearnedPlan plan = new LearnedPlan(image.plan().version() + 1, new byte[] {1});
    apply(catalog, new Command.LearnPlan(image.id(), plan));
    apply(catalog, new Command.SetRetention(image.id(), 1));
    apply(catalog, new Command.Retire(image.id(), List.copyOf(image.committed().keySet())));
    image
        .sessions()
        .keySet()
        .forEach(session -> apply(catalog, new Command.Unpin(session, Optional.empty())));
    apply(catalog, new Command.DeleteImage(image.id(), true));
  }

  private static void apply(Catalog catalog, Command command) {
    EntryPosition applied = catalog.applied();
    if (applied.index() < Long.MAX_VALUE) {
      catalog.apply(
          new EntryPosition(applied.term(), applied.index() + 1),
          new Entry(1, RequestId.NONE, RequestId.NONE, command));
    }
  }
}
