package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionTable;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * What this replica says to a checkpoint before it is proposed: courtesy (PROTOCOL R1), since heap
 * and local bytes cannot decide when an entry is applied. Any thread.
 */
final class OpenAdmission {
  /** A page map has three longs a version. */
  static final long HEAP_BYTES_OF_PAGE = 24;

  /** Key, map, array headers and table node of a tract, by reckoning. */
  static final long HEAP_BYTES_OF_TRACT = 150;

  private final Catalog catalog;
  private final MissingTracts missing;
  private final BooleanSupplier alone;
  private final long publishHeapBytesMax;

  OpenAdmission(
      Catalog catalog, MissingTracts missing, BooleanSupplier alone, long publishHeapBytesMax) {
    this.catalog = catalog;
    this.missing = missing;
    this.alone = alone;
    this.publishHeapBytesMax = publishHeapBytesMax;
  }

  void require(Command.Open open) throws Refusal {
    Optional<ImageState> image = catalog.image(open.image());
    Optional<CheckpointInfo> base =
        open.base().flatMap(id -> image.flatMap(state -> state.checkpoint(id)));
    Optional<RegionTable> regions = open.regions().or(() -> base.map(CheckpointInfo::regions));
    if (regions.isPresent()) {
      requireHeap(regions.get());
    }
    if (image.isPresent() && base.isPresent()) {
      requireLine(image.get(), base.get());
    }
  }

  /** A commit merges its whole checkpoint before the next flush. */
  private void requireHeap(RegionTable regions) throws Refusal {
    long needed = regions.pages() * HEAP_BYTES_OF_PAGE + regions.tracts() * HEAP_BYTES_OF_TRACT;
    if (needed > publishHeapBytesMax) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "the image has %d pages: a commit of all of them needs %d MiB of heap for page maps, and the server may take %d MiB; give it a larger heap, use larger pages, or split the image"
              .formatted(regions.pages(), mebibytes(needed), publishHeapBytesMax >> 20));
    }
  }

  private static long mebibytes(long bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
  }

  /**
   * What builds on bytes that came and cannot be read would be acknowledged and unreadable. Bytes
   * that have not come are no reason where others hold them; where there are none, all that is not
   * here is lost.
   */
  private void requireLine(ImageState image, CheckpointInfo base) throws Refusal {
    Optional<CheckpointId> gone;
    try {
      Line line = image.line(base.id());
      gone = missing.unreadableOn(image.id(), line);
      if (gone.isEmpty() && alone.getAsBoolean()) {
        gone = missing.lackingOn(image.id(), line, base.regions());
      }
    } catch (IllegalArgumentException _) {
      return; // ended since: the catalog answers
    }
    if (gone.isPresent()) {
      throw new Refusal(
          Rejection.SEND_FULL,
          "an increment cannot build on checkpoint %d of '%s': the bytes of checkpoint %d are not here, or could not be read; send a full checkpoint"
              .formatted(base.id().value(), image.name(), gone.get().value()));
    }
  }
}
