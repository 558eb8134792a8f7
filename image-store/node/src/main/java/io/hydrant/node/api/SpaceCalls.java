package io.hydrant.node.api;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.SpaceAccount;
import io.hydrant.node.FillLevel;
import io.hydrant.v1.GetSpaceRequest;
import io.hydrant.v1.ImageSpace;
import io.hydrant.v1.Space;
import io.hydrant.v1.SpaceState;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** What a store takes of its disk, and who takes it. */
public final class SpaceCalls {
  /** A list of images goes on in another call: no call holds its thread for long. */
  private static final long PART_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String node;
  private final ImageStore store;
  private final FillLevel level;
  private final LongSupplier nanoTime;

  /**
   * @param node that this is
   */
  public SpaceCalls(String node, ImageStore store, FillLevel level, LongSupplier nanoTime) {
    this.node = node;
    this.store = store;
    this.level = level;
    this.nanoTime = nanoTime;
  }

  /** Reads the index rows of images, for a second and those of one image at most. */
  Space space(GetSpaceRequest request) {
    try {
      FillLevel.Now now = level.now();
      SegmentsInUse segments = now.segments();
      Space.Builder space =
          Space.newBuilder()
              .setNodeId(node)
              .setCapacityBytes(now.capacityBytes())
              .setFileBytes(now.fileBytes())
              .setLiveBytes(segments.liveBytes())
              .setDeadBytes(segments.deadBytes())
              .setReclaimableBytes(reclaimable(segments))
              .setReserveBytes(store.reserveBytes())
              .setRoomBytes(now.roomBytes());
      state(now, space);
      if (request.getByImage()) {
        images(request, space);
      }
      return space.build();
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  /** Segments that are open, or hold something staged, are not among the cleanable ones. */
  private static long reclaimable(SegmentsInUse segments) {
    return segments.cleanable().stream().mapToLong(one -> one.bytes() - one.live()).sum();
  }

  private static void state(FillLevel.Now now, Space.Builder space) {
    if (now.refusal().isPresent()) {
      space.setState(SpaceState.SPACE_STATE_FULL).setReason(now.refusal().get());
    } else if (now.low()) {
      space
          .setState(SpaceState.SPACE_STATE_LOW)
          .setReason(
              "little room is left: add space, delete images or lower their retention before new checkpoints are refused");
    } else {
      space.setState(SpaceState.SPACE_STATE_OK);
    }
  }

  private void images(GetSpaceRequest request, Space.Builder space) throws IOException {
    long began = nanoTime.getAsLong();
    for (ImageState image : store.catalog().images()) {
      if (!image.name().startsWith(request.getNamePrefix())
          || image.name().compareTo(request.getAfterName()) <= 0) {
        continue;
      }
      if (space.getImagesCount() == ImageService.LIST_IMAGES_MAX
          || space.getImagesCount() > 0 && nanoTime.getAsLong() - began > PART_NANOS) {
        space.setMore(true);
        return;
      }
      Optional<SpaceAccount.ImageSpace> taken = store.space().of(image.id());
      taken.ifPresent(bytes ->
          space.addImages(
              ImageSpace.newBuilder()
                  .setImageUid(image.id().value())
                  .setName(image.name())
                  .setLiveBytes(bytes.liveBytes())
                  .setHistoryBytes(bytes.historyBytes())
                  .setReclaimableBytes(bytes.reclaimableBytes())
                  .setQuotaBytes(ImageMessages.quotaBytes(image))));
    }
  }
}
