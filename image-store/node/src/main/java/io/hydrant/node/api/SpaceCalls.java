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
import java.io.UncheckedIOException;
import java.util.Optional;

/** What a store takes of its disk, and who takes it. */
public final class SpaceCalls {
  private final ImageStore store;
  private final FillLevel level;

  public SpaceCalls(ImageStore store, FillLevel level) {
    this.store = store;
    this.level = level;
  }

  /** Takes as long as reading the index rows of the images that are asked for. */
  Space space(GetSpaceRequest request) {
    try {
      FillLevel.Now now = level.now();
      SegmentsInUse segments =
          store
              .cleaner()
              .look()
              .orElseThrow(() -> new IOException("the store is being closed; try again"));
      Space.Builder space =
          Space.newBuilder()
              .setCapacityBytes(now.capacityBytes())
              .setFileBytes(now.fileBytes())
              .setLiveBytes(segments.liveBytes())
              .setDeadBytes(segments.deadBytes())
              .setReclaimableBytes(Math.max(0, segments.heldBytes() - segments.liveBytes()))
              .setReserveBytes(store.reserveBytes())
              .setRoomBytes(now.roomBytes());
      state(now, space);
      if (request.getByImage()) {
        images(request, space);
      }
      return space.build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
    for (ImageState image : store.catalog().images()) {
      if (!image.name().startsWith(request.getNamePrefix())
          || image.name().compareTo(request.getAfterName()) <= 0) {
        continue;
      }
      if (space.getImagesCount() == ImageService.LIST_IMAGES_MAX) {
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
                  .setReclaimableBytes(bytes.reclaimableBytes())));
    }
  }
}
