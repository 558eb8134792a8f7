package io.hydrant.node.api;

import com.google.protobuf.ByteString;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Quota;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
            .setRetention(RetentionMessages.of(image.retention()))
            .setEpoch(image.epoch().value())
            .setHead(image.head().map(CheckpointId::value).orElse(0L))
            .setCreatedMillis(image.createdMillis())
            .setCheckpointCount(image.committed().size())
            .setOpenSessionCount(image.sessions().size())
            .setAppliedIndex(appliedIndex)
            .setDeleting(image.deleting())
            .setDurability(durability(image))
            .setQuotaBytes(quotaBytes(image));
    image
        .head()
        .map(head -> image.committed().get(head))
        .ifPresent(info -> builder.addAllRegions(regions(info.regions())));
    return builder.build();
  }

  /** 0: none. */
  static long quotaBytes(ImageState image) {
    return image.quota().map(Quota::bytes).orElse(0L);
  }

  private static Durability durability(ImageState image) {
    return switch (image.durability()) {
      case QUORUM -> Durability.DURABILITY_QUORUM;
      case ALL -> Durability.DURABILITY_ALL;
    };
  }

  /** All that can be restored, oldest first, then all that are open. */
  static List<Checkpoint> checkpoints(ImageState image) {
    Set<CheckpointId> pinned = pinned(image);
    Map<CheckpointId, List<String>> names = names(image);
    List<Checkpoint> checkpoints = new ArrayList<>();
    for (CheckpointInfo info : image.committed().values()) {
      checkpoints.add(
          checkpoint(info)
              .setPinned(pinned.contains(info.id()))
              .addAllNames(names.getOrDefault(info.id(), List.of()))
              .build());
    }
    image.open().values().forEach(info -> checkpoints.add(checkpoint(info).build()));
    return checkpoints;
  }

  /** One checkpoint of an image. */
  public static Checkpoint checkpoint(ImageState image, CheckpointInfo info) {
    return checkpoint(info)
        .setPinned(pinned(image).contains(info.id()))
        .addAllNames(names(image).getOrDefault(info.id(), List.of()))
        .build();
  }

  private static Set<CheckpointId> pinned(ImageState image) {
    return image.sessions().values().stream()
        .map(SessionInfo::checkpoint)
        .collect(Collectors.toSet());
  }

  /** Those of each checkpoint that has any, ascending. */
  private static Map<CheckpointId, List<String>> names(ImageState image) {
    return image.names().entrySet().stream()
        .collect(
            Collectors.groupingBy(
                Map.Entry::getValue,
                Collectors.mapping(Map.Entry::getKey, Collectors.toUnmodifiableList())));
  }

  private static Checkpoint.Builder checkpoint(CheckpointInfo info) {
    Checkpoint.Builder builder =
        Checkpoint.newBuilder()
            .setId(info.id().value())
            .setBase(info.base().map(CheckpointId::value).orElse(0L))
            .setKind(kind(info))
            .setState(CheckpointState.CHECKPOINT_STATE_OPEN)
            .setEpoch(info.epoch().value())
            .addAllRegions(regions(info.regions()));
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
    return builder;
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
