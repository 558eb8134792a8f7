package io.hydrant.node.api;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CheckpointKind;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Durability;
import io.hydrant.v1.Image;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import io.hydrant.v1.Retention;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The catalog's values in the words of the API. */
public final class ImageMessages {
  private ImageMessages() {}

  static Image image(ImageState image, long appliedIndex) {
    Image.Builder builder =
        Image.newBuilder()
            .setUid(image.id().value())
            .setName(image.name())
            .setRetention(Retention.newBuilder().setKeepLast(image.keepLast()))
            .setEpoch(image.epoch().value())
            .setHead(image.head().map(CheckpointId::value).orElse(0L))
            .setCreatedMillis(image.createdMillis())
            .setCheckpointCount(image.committed().size())
            .setOpenSessionCount(image.sessions().size())
            .setAppliedIndex(appliedIndex)
            .setDeleting(image.deleting())
            .setDurability(durability(image));
    image
        .head()
        .map(head -> image.committed().get(head))
        .ifPresent(info -> builder.addAllRegions(regions(info.regions())));
    return builder.build();
  }

  private static Durability durability(ImageState image) {
    return switch (image.durability()) {
      case QUORUM -> Durability.DURABILITY_QUORUM;
      case ALL -> Durability.DURABILITY_ALL;
    };
  }

  /** All that can be restored, oldest first, then all that are open. */
  static List<Checkpoint> checkpoints(ImageState image) {
    Set<CheckpointId> pinned =
        image.sessions().values().stream().map(SessionInfo::checkpoint).collect(Collectors.toSet());
    List<Checkpoint> checkpoints = new ArrayList<>();
    image
        .committed()
        .values()
        .forEach(info -> checkpoints.add(checkpoint(info, pinned.contains(info.id()))));
    image.open().values().forEach(info -> checkpoints.add(checkpoint(info, false)));
    return checkpoints;
  }

  /** One checkpoint. */
  public static Checkpoint checkpoint(CheckpointInfo info, boolean pinned) {
    Checkpoint.Builder builder =
        Checkpoint.newBuilder()
            .setId(info.id().value())
            .setBase(info.base().map(CheckpointId::value).orElse(0L))
            .setKind(kind(info))
            .setState(CheckpointState.CHECKPOINT_STATE_OPEN)
            .setEpoch(info.epoch().value())
            .addAllRegions(regions(info.regions()))
            .setPinned(pinned);
    info.commit()
        .ifPresent(commit -> {
          Command.Content content = commit.content();
          builder
              .setState(CheckpointState.CHECKPOINT_STATE_COMMITTED)
              .setCommittedMillis(commit.committedMillis())
              .setDigest(ByteString.copyFrom(content.digest().toBytes()))
              .setPageCount(content.pages())
              .setDataBytes(content.dataBytes())
              .setSlimBytes(content.slimBytes());
        });
    return builder.build();
  }

  private static CheckpointKind kind(CheckpointInfo info) {
    return switch (info.kind()) {
      case FULL -> CheckpointKind.CHECKPOINT_KIND_FULL;
      case INCREMENTAL -> CheckpointKind.CHECKPOINT_KIND_INCREMENTAL;
    };
  }

  private static List<Region> regions(RegionTable table) {
    return table.regions().stream().map(ImageMessages::region).toList();
  }

  private static Region region(RegionSpec region) {
    return Region.newBuilder()
        .setName(region.name())
        .setKind(
            switch (region.kind()) {
              case MEMORY -> RegionKind.REGION_KIND_MEMORY;
              case ROM -> RegionKind.REGION_KIND_ROM;
              case DISK -> RegionKind.REGION_KIND_DISK;
              case OTHER -> RegionKind.REGION_KIND_OTHER;
            })
        .setPageBytes(region.pageBytes())
        .setLengthBytes(region.lengthBytes())
        .build();
  }
}
