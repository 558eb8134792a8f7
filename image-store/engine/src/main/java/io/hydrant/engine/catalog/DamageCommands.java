package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.util.List;
import java.util.Optional;

/** What no replica has any more (PROTOCOL R24). */
final class DamageCommands {
  private final CatalogTables tables;

  DamageCommands(CatalogTables tables) {
    this.tables = tables;
  }

  Applied mark(Command.MarkDamaged command, EntryContext context) {
    Optional<ImageRecord> found = tables.image(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    RetainedCheckpoints retained = image.history().retained();
    CheckpointId checkpoint = command.checkpoint();
    Optional<RegionTable> regions =
        isFit(image.fate(checkpoint)) ? retained.regionsOn(checkpoint.value()) : Optional.empty();
    if (regions.isEmpty()) {
      return Answers.unknownCheckpoint(image, checkpoint);
    }
    if (!arePages(regions.get(), command.region(), command.tract(), command.pages())) {
      return Answers.rejected(
          Rejection.INVALID,
          "region %d, tract %d of %s has no such pages"
              .formatted(command.region(), command.tract(), image.label()));
    }
    DamagedPages before = retained.damaged();
    DamagedPages after =
        before.plus(
            new DamagedPages.Place(command.region(), command.tract(), checkpoint.value()),
            command.pages());
    if (after.size() > CatalogLimits.DAMAGED_PAGES_MAX) {
      return Answers.rejected(
          Rejection.LIMIT_EXCEEDED,
          "%s has %d damaged pages, and at most %d are noted one by one: delete it, or send a full checkpoint and retire the others"
              .formatted(image.label(), before.size(), CatalogLimits.DAMAGED_PAGES_MAX));
    }
    if (after != before) {
      tables.put(image.with(image.history().damaged(after), context.index()));
    }
    return Answers.of(new Outcome.PagesMarked(after.size() - before.size()));
  }

  /** Whether a checkpoint can have written pages that somebody may read. */
  static boolean isFit(ImageState.Fate fate) {
    return fate == ImageState.Fate.COMMITTED || fate == ImageState.Fate.RETIRED;
  }

  /** Whether there is at least one page, all are pages of that tract, and they ascend. */
  static boolean arePages(RegionTable regions, int region, int tract, List<Integer> pages) {
    if (!regions.has(region) || tract < 0 || tract >= regions.get(region).tracts()) {
      return false;
    }
    RegionSpec spec = regions.get(region);
    int low = 0;
    for (int page : pages) {
      if (page < low || page >= spec.pagesOfTract(tract)) {
        return false;
      }
      low = page + 1;
    }
    return !pages.isEmpty();
  }
}
