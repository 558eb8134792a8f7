package io.hydrant.engine.replica;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.MissingView;
import io.hydrant.engine.store.TractSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What of committed checkpoints is not on a replica, as others need to know it: summed up, and
 * bounded, since it is said several times a second.
 *
 * @param bytes encoded bytes to fetch; at most so many where their number is not known
 * @param tracts of all images; a tract counts once, whatever the number of its checkpoints
 * @param images those with holes, in order; of more than {@link #IMAGES_MAX} the first
 */
public record Lacking(long bytes, long tracts, Map<ImageId, OfImage> images) {
  public static final int IMAGES_MAX = 1_024;

  /** Of one image: the rest is said to be there. */
  public static final int CHECKPOINTS_MAX = 16;

  public static final Lacking NOTHING = new Lacking(0, 0, Map.of());

  public Lacking {
    images = Collections.unmodifiableSortedMap(new TreeMap<>(images));
  }

  /**
   * @param checkpoints retained ones that are not wholly there, oldest first
   * @param more younger ones than the last of these may not be there either
   * @param bytes encoded bytes to fetch, or at most so many
   */
  public record OfImage(List<CheckpointId> checkpoints, boolean more, long bytes) {
    public OfImage {
      checkpoints = List.copyOf(checkpoints);
    }

    /** Whether a retained checkpoint is wholly there. */
    boolean isWhole(CheckpointId id) {
      return !checkpoints.contains(id)
          && !(more && !checkpoints.isEmpty() && id.compareTo(checkpoints.getLast()) > 0);
    }
  }

  /** Whether a retained checkpoint is wholly there. */
  public boolean isWhole(ImageId image, CheckpointId id) {
    OfImage holes = images.get(image);
    return holes == null || holes.isWhole(id);
  }

  /** Encoded bytes to fetch of an image, or at most so many. */
  long bytesOf(ImageId image) {
    OfImage holes = images.get(image);
    return holes == null ? 0 : holes.bytes();
  }

  public boolean isNothing() {
    return tracts == 0 && images.isEmpty();
  }

  /**
   * Sums up what a replica lacks.
   *
   * @param lacks in any order, several of one checkpoint perhaps: {@link MissingView#lacks}, and
   *     what is here and bad
   */
  public static Lacking of(List<MissingView.Lack> lacks, Catalog catalog) {
    Map<ImageId, SortedMap<CheckpointId, TractSet>> byImage = new TreeMap<>();
    for (MissingView.Lack lack : lacks) {
      byImage
          .computeIfAbsent(lack.image(), _ -> new TreeMap<>())
          .merge(lack.asOf(), lack.tracts(), TractSet::plus);
    }
    long bytes = 0;
    long tracts = 0;
    Map<ImageId, OfImage> images = new TreeMap<>();
    for (Map.Entry<ImageId, SortedMap<CheckpointId, TractSet>> entry : byImage.entrySet()) {
      Optional<ImageState> image = catalog.image(entry.getKey());
      if (image.isEmpty()) {
        continue;
      }
      TractSet union = TractSet.NONE;
      for (TractSet each : entry.getValue().values()) {
        union = union.plus(each);
      }
      long ofImage = bytes(image.get(), entry.getValue(), union);
      bytes += ofImage;
      tracts += union.size();
      if (images.size() < IMAGES_MAX) {
        List<CheckpointId> ids = List.copyOf(entry.getValue().keySet());
        images.put(
            entry.getKey(),
            new OfImage(
                ids.subList(0, Math.min(ids.size(), CHECKPOINTS_MAX)),
                ids.size() > CHECKPOINTS_MAX,
                ofImage));
      }
    }
    return new Lacking(bytes, tracts, images);
  }

  /**
   * At most what the tracts hold raw; and where the base of a checkpoint is known, at most what the
   * checkpoint itself wrote, since the rest of what it lacks is the base's.
   */
  private static long bytes(ImageState image, Map<CheckpointId, TractSet> lacks, TractSet union) {
    long sum = 0;
    RegionTable widest = null;
    for (Map.Entry<CheckpointId, TractSet> lack : lacks.entrySet()) {
      CheckpointInfo info = image.committed().get(lack.getKey());
      if (info == null) {
        continue; // retired since
      }
      widest = info.regions();
      long raw = rawBytes(info.regions(), lack.getValue());
      boolean ownOnly = info.base().isEmpty() || image.committed().containsKey(info.base().get());
      sum += ownOnly ? Math.min(raw, ownBytes(info)) : raw;
    }
    return widest == null ? 0 : Math.min(sum, rawBytes(widest, union));
  }

  private static long ownBytes(CheckpointInfo info) {
    Command.Content content = info.commit().orElseThrow().content();
    return content.dataBytes() + content.slimBytes();
  }

  private static long rawBytes(RegionTable regions, TractSet tracts) {
    long bytes = 0;
    for (int number = 0; number < Math.min(regions.size(), tracts.regions()); number++) {
      RegionSpec region = regions.get(number);
      for (int tract = tracts.next(number, 0);
          tract >= 0 && tract < region.tracts();
          tract = tracts.next(number, tract + 1)) {
        bytes += (long) region.pagesOfTract(tract) * region.pageBytes();
      }
    }
    return bytes;
  }
}
