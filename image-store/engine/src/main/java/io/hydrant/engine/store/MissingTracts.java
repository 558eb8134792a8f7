package io.hydrant.engine.store;

import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.TractKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongPredicate;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What of committed checkpoints is not on this replica, by tract (PROTOCOL R10): old pages would
 * pass every page checksum, so this must be known exactly, and it is written with every snapshot.
 * What says that something is missing, and what takes it back: {@link ImageHoles}.
 *
 * <p>Changed within changes of the {@link StoreWriter}, read by any thread. A reader asks here
 * before it looks at a map: what is filled is merged first and said to be here afterwards.
 */
final class MissingTracts {
  private final ConcurrentHashMap<ImageId, ImageHoles> byImage = new ConcurrentHashMap<>();

  private final BadPages damaged = new BadPages();

  private volatile long repairs;

  /** All that a reader looks at while nothing is missing. */
  private volatile boolean any;

  /** Whether a tract is here as the newest checkpoint of a line has it. Any thread. */
  boolean isHere(ImageId image, Line line, int region, int tract) {
    if (!any) {
      return true;
    }
    ImageHoles holes = byImage.get(image);
    return holes == null || holes.isHere(line, region, tract);
  }

  /** What is left out of a tract as the newest checkpoint of a line has it. Any thread. */
  TractHoles holes(ImageId image, Line line, int region, int tract) {
    if (!any) {
      return TractHoles.NONE;
    }
    ImageHoles holes = byImage.get(image);
    return holes == null ? TractHoles.NONE : holes.of(line, region, tract);
  }

  /** Whether the slim state of a checkpoint is here. Any thread. */
  boolean isSlimHere(CheckpointKey key) {
    if (!any) {
      return true;
    }
    ImageHoles holes = byImage.get(key.image());
    return holes == null || holes.isSlimHere(key.checkpoint().value());
  }

  /** What is known of a checkpoint that is missing, wholly or in part. Any thread. */
  Optional<ImageHoles.Hole> hole(CheckpointKey key) {
    return Optional.ofNullable(byImage.get(key.image()))
        .flatMap(holes -> Optional.ofNullable(holes.missing().get(key.checkpoint().value())));
  }

  /** The newest checkpoint on the line whose bytes were here and cannot be read. Any thread. */
  Optional<CheckpointId> unreadableOn(ImageId image, Line line) {
    return Optional.ofNullable(byImage.get(image)).flatMap(holes -> holes.unreadableOn(line));
  }

  /** The newest checkpoint on the line through which something of its newest one is not here. */
  Optional<CheckpointId> lackingOn(ImageId image, Line line, RegionTable regions) {
    return Optional.ofNullable(byImage.get(image)).flatMap(holes -> holes.lackingOn(line, regions));
  }

  void add(CheckpointKey key, ImageHoles.Hole hole) {
    change(key.image(), holes -> holes.with(key.checkpoint().value(), hole));
  }

  /** Lets no image have too many missing checkpoints, as {@link ImageHoles#folded}. */
  void fold(ImageId image, LongPredicate mayFold) {
    change(image, holes -> holes.folded(mayFold));
  }

  /**
   * All bytes of the checkpoint are merged. If it is among what is unknown, so is what it was
   * merged with: a proof that was made between two steps of the merge says nothing any more.
   */
  void remove(CheckpointKey key) {
    long id = key.checkpoint().value();
    change(
        key.image(),
        holes ->
            id <= holes.unknown()
                ? holes.without(id).distrustedUpTo(holes.unknown())
                : holes.without(id));
  }

  /**
   * Nothing that was committed up to {@code newest} is known to be here, until it is proven. What
   * could not be read is remembered: nobody else may have it.
   */
  void unknownUpTo(ImageId image, CheckpointId newest) {
    change(image, holes -> holes.unknownUpTo(newest.value()));
  }

  /**
   * These ids were committed unseen, but for those noted one by one: {@link ImageHoles.Gap}.
   *
   * @param runs pairs (low, high), both inclusive
   * @param index of the first log entry that may have committed one of them
   */
  void skipped(ImageId image, long[] runs, long index) {
    change(image, holes -> holes.withGaps(runs, index));
  }

  /**
   * What is here up to {@code newest} is not to be believed: unknown until it is proven anew. What
   * is missing anyway stays so.
   */
  void distrust(ImageId image, CheckpointId newest) {
    change(image, holes -> holes.distrustedUpTo(newest.value()));
  }

  /** These are here, as a checkpoint has them, whatever is missing on its line. */
  void proven(CheckpointKey asOf, TractSet tracts) {
    repairs = repairs + 1; // by the one writer
    change(asOf.image(), holes -> holes.proven(asOf.checkpoint().value(), tracts));
  }

  /** Whether a checkpoint may lack anything, without a close look. Any thread. */
  boolean mayLack(ImageId image, long checkpoint) {
    ImageHoles holes = byImage.get(image);
    return holes != null && holes.mayLack(checkpoint);
  }

  /** As {@link #proven(CheckpointKey, TractSet)}, as of several checkpoints of an image. */
  void proven(ImageId image, SortedMap<Long, TractSet> tracts) {
    repairs = repairs + 1; // by the one writer
    change(image, holes -> holes.proven(tracts));
  }

  /** What is here and bad. */
  BadPages damaged() {
    return damaged;
  }

  /** A page that is here was found to be bad; returns whether that is news. */
  boolean damage(TractKey tract, BadPages.Bad bad) {
    boolean news = damaged.add(tract, bad);
    repairs = repairs + (news ? 1 : 0); // not flushed either
    return news;
  }

  /** A slim state that is here was found to be bad; returns whether that is news. */
  boolean damageSlim(CheckpointKey key, long index) {
    boolean news = damaged.addSlim(key, index);
    repairs = repairs + (news ? 1 : 0);
    return news;
  }

  /** A tract's map was changed: bad rows that it has no more are forgotten. */
  void repaired(TractKey tract, TractMap map) {
    if (damaged.keepThoseOf(tract, map)) {
      repairs = repairs + 1;
    }
  }

  /** What was marked damaged for good is not waited for (PROTOCOL R24). */
  void lost(ImageState image) {
    for (TractKey tract : damaged.tractsOf(image.id())) {
      Predicate<BadPages.Bad> lost =
          bad -> image.damaged().has(tract.region(), tract.tract(), bad.page(), bad.version());
      if (damaged.forget(tract, lost)) {
        repairs = repairs + 1;
      }
    }
  }

  /** The slim state was written anew. */
  void repairedSlim(CheckpointKey key) {
    if (damaged.removeSlim(key)) {
      repairs = repairs + 1;
    }
  }

  /** How often something was proven, found bad or repaired since the start. Any thread. */
  long repairs() {
    return repairs;
  }

  void dropImage(ImageId image) {
    byImage.remove(image);
    damaged.dropImage(image);
    any = !byImage.isEmpty();
  }

  /**
   * Forgets what no retained checkpoint lacks any more: because its line has gone, or because all
   * of it was proven.
   *
   * @return the missing checkpoints that were forgotten
   */
  List<CheckpointKey> tidy(ImageState image) {
    ImageHoles before = byImage.get(image.id());
    if (before == null) {
      return List.of();
    }
    ImageHoles after = before.tidied(retained(image));
    change(image.id(), _ -> after);
    List<CheckpointKey> forgotten = new ArrayList<>();
    for (long id : before.missing().keySet()) {
      if (!after.missing().containsKey(id)) {
        forgotten.add(new CheckpointKey(image.id(), new CheckpointId(id)));
      }
    }
    return forgotten;
  }

  /** What of a retained checkpoint is not here. Any thread. */
  TractSet notHere(ImageId image, Line line, RegionTable regions) {
    ImageHoles holes = byImage.get(image);
    return holes == null ? TractSet.NONE : holes.notHere(line, regions);
  }

  private static Map<Line, RegionTable> retained(ImageState image) {
    Map<Line, RegionTable> regions = new java.util.LinkedHashMap<>();
    List<Line> lines = image.retainedLines();
    int i = 0;
    for (var checkpoint : image.committed().values()) {
      regions.put(lines.get(i++), checkpoint.regions());
    }
    return regions;
  }

  private void change(ImageId image, UnaryOperator<ImageHoles> change) {
    ImageHoles before = byImage.getOrDefault(image, ImageHoles.NONE);
    ImageHoles after = change.apply(before);
    if (after.isEmpty()) {
      byImage.remove(image);
    } else {
      byImage.put(image, after);
    }
    any = !byImage.isEmpty();
  }

  /**
   * Missing checkpoints; gaps, and all that is unknown of an image, count as one each. Any thread.
   */
  long size() {
    return byImage.values().stream()
        .mapToLong(
            holes -> holes.missing().size() + holes.gaps().size() + (holes.isUnknown() ? 1 : 0))
        .sum();
  }

  boolean isEmpty() {
    return !any;
  }

  /**
   * The log index up to which nothing is missing or bad, of entries up to {@code applied}. Any
   * thread: if {@code applied} was read first, what those entries left missing is counted.
   */
  long markOf(long applied) {
    long mark = damaged.isEmpty() ? applied : Math.min(applied, damaged.firstIndex() - 1);
    if (any) {
      for (ImageHoles holes : byImage.values()) {
        mark = Math.min(mark, holes.firstIndex() - 1);
      }
    }
    return Math.max(mark, 0);
  }

  /** Ascending by image. */
  SortedMap<ImageId, ImageHoles> images() {
    return new TreeMap<>(byImage);
  }

  byte[] encode() {
    return MissingRow.encode(images());
  }

  static MissingTracts of(Map<ImageId, ImageHoles> images) {
    MissingTracts missing = new MissingTracts();
    images.forEach((image, holes) -> missing.change(image, _ -> holes));
    return missing;
  }
}
