package io.hydrant.engine.store;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.NeededBytes;
import io.hydrant.engine.index.Retained;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.SlimReader.Chunk;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * What an image takes on this replica, counted row by row in its maps: exact where nothing changes
 * meanwhile, and in any case every map as it was at some moment of the count. Reads index rows, not
 * pages; leaves the caches alone. {@link #known} reads nothing, and is less exact. Any thread.
 */
public final class SpaceAccount {
  private static final int LOOKS_MAX = 16;

  private final StoreParts parts;

  SpaceAccount(StoreParts parts) {
    this.parts = parts;
  }

  /**
   * Encoded bytes of pages and slim states.
   *
   * @param liveBytes that the newest checkpoint shows: what a restore of it reads
   * @param historyBytes that only older retained checkpoints show
   * @param reclaimableBytes that nothing retained shows any more: housekeeping takes them out of
   *     the maps, and then the cleaner has them
   */
  public record ImageSpace(long liveBytes, long historyBytes, long reclaimableBytes) {
    public long totalBytes() {
      return liveBytes + historyBytes + reclaimableBytes;
    }
  }

  /**
   * What is known without reading anything.
   *
   * @param mappedBytes that the image's maps point to, and its slim states: at least what retained
   *     checkpoints need, since versions of retired ones stay in the maps for a while
   * @param stagedBytes of checkpoints that are not committed, or not in the maps yet
   * @param publishedBytes that commits brought into the maps since this store was opened: by so
   *     much, at most, an image that was counted has grown. What repair brought is not among it.
   * @param moving whether bytes are going into the maps: a count would meet some of them
   */
  public record Known(long mappedBytes, long stagedBytes, long publishedBytes, boolean moving) {}

  /**
   * Cheap, for an image that may not even be there. A byte on its way into the maps is known as
   * staged until all are there; twice only if commits follow each other faster than it is looked.
   */
  public Known known(ImageId id) {
    Known known;
    long moves;
    int looks = 0;
    do {
      moves = parts.staging().moves();
      known = look(id);
      looks++;
    } while (moves != parts.staging().moves() && looks < LOOKS_MAX);
    return known;
  }

  private Known look(ImageId id) {
    // In this order: what is published meanwhile shows in the maps before it ceases to be staged.
    Staging.Flow flow = parts.staging().flow(id);
    long mapped = parts.usage().total(id);
    if (flow.mappedBefore().isPresent()) {
      mapped = Math.min(mapped, flow.mappedBefore().getAsLong());
    }
    return new Known(mapped, flow.waiting(), flow.published(), flow.mappedBefore().isPresent());
  }

  /** Empty if there is no such image. */
  public Optional<ImageSpace> of(ImageId id) throws IOException {
    Optional<ImageState> found = parts.catalog().image(id);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    ImageState image = found.get();
    Optional<CheckpointId> newest =
        image.committed().isEmpty() ? Optional.empty() : Optional.of(image.committed().lastKey());
    NeededBytes pages =
        new NeededBytes(newest.map(image::line), Retained.of(image.retainedLines()));
    parts
        .maps()
        .scanImage(
            id,
            (_, map) -> {
              pages.add(map);
              return true;
            });
    long slimOfNewest = 0;
    long slims = 0;
    for (CheckpointId checkpoint : image.committed().keySet()) {
      long bytes = slimBytes(new CheckpointKey(id, checkpoint));
      slims += bytes;
      slimOfNewest = bytes; // they ascend
    }
    return Optional.of(
        new ImageSpace(
            pages.live() + slimOfNewest, pages.history() + slims - slimOfNewest, pages.dead()));
  }

  private long slimBytes(CheckpointKey key) throws IOException {
    return parts.slims().get(key).stream().flatMap(List::stream).mapToLong(Chunk::length).sum();
  }
}
