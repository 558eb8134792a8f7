package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.Refusal;
import io.hydrant.v1.OpenCheckpoint;
import io.hydrant.v1.Region;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the first message of an attempt says.
 *
 * @param base by id
 * @param baseAttempt by number; 0: none
 */
record OpenStep(
    ImageId image,
    Epoch epoch,
    CheckpointKind kind,
    Optional<CheckpointId> base,
    long baseAttempt,
    Optional<RegionTable> regions) {

  /**
   * @throws Refusal INVALID or LIMIT_EXCEEDED
   */
  static OpenStep read(OpenCheckpoint open) throws Refusal {
    try {
      return new OpenStep(
          new ImageId(open.getImageUid()),
          new Epoch(open.getEpoch()),
          kind(open),
          open.getBase() == 0 ? Optional.empty() : Optional.of(new CheckpointId(open.getBase())),
          open.getBaseAttempt(),
          regions(open));
    } catch (IllegalArgumentException e) {
      throw new Refusal(Rejection.INVALID, "open: " + e.getMessage());
    }
  }

  /** The command, once the base's id is known. */
  Command.Open command(Optional<CheckpointId> baseId) {
    return new Command.Open(image, epoch, kind, baseId, regions);
  }

  private static CheckpointKind kind(OpenCheckpoint open) throws Refusal {
    boolean regions = open.getRegionsCount() > 0;
    boolean base = open.getBase() != 0;
    boolean baseAttempt = open.getBaseAttempt() != 0;
    return switch (open.getKind()) {
      case CHECKPOINT_KIND_FULL -> {
        if (base || baseAttempt) {
          throw invalid("a full checkpoint has no base");
        }
        if (!regions) {
          throw invalid("a full checkpoint brings the region table");
        }
        yield CheckpointKind.FULL;
      }
      case CHECKPOINT_KIND_INCREMENTAL -> {
        if (base == baseAttempt) {
          throw invalid(
              "an incremental checkpoint names its base by exactly one of base, base_attempt");
        }
        if (regions) {
          throw invalid(
              "an incremental checkpoint has its base's regions and must not bring its own");
        }
        yield CheckpointKind.INCREMENTAL;
      }
      case CHECKPOINT_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw invalid("kind must be FULL or INCREMENTAL");
    };
  }

  private static Optional<RegionTable> regions(OpenCheckpoint open) throws Refusal {
    if (open.getRegionsCount() == 0) {
      return Optional.empty();
    }
    if (open.getRegionsCount() > RegionTable.REGIONS_MAX) {
      throw new Refusal(
          Rejection.LIMIT_EXCEEDED,
          "open: %d regions; an image has at most %d"
              .formatted(open.getRegionsCount(), RegionTable.REGIONS_MAX));
    }
    List<RegionSpec> specs = new ArrayList<>();
    for (Region region : open.getRegionsList()) {
      specs.add(
          new RegionSpec(
              region.getName(), kind(region), region.getPageBytes(), region.getLengthBytes()));
    }
    return Optional.of(new RegionTable(specs));
  }

  private static RegionKind kind(Region region) throws Refusal {
    return switch (region.getKind()) {
      case REGION_KIND_MEMORY -> RegionKind.MEMORY;
      case REGION_KIND_ROM -> RegionKind.ROM;
      case REGION_KIND_DISK -> RegionKind.DISK;
      case REGION_KIND_OTHER -> RegionKind.OTHER;
      case REGION_KIND_UNSPECIFIED, UNRECOGNIZED ->
          throw invalid("region '%s' has no known kind".formatted(region.getName()));
    };
  }

  private static Refusal invalid(String what) {
    return new Refusal(Rejection.INVALID, "open: " + what);
  }
}
