package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.ImageHoles.Hole;
import io.hydrant.engine.store.Staging.Staged;
import java.io.IOException;
import java.util.Optional;

/**
 * Puts another replica's catalog in the place of this one's (PROTOCOL R18): for a replica that lags
 * behind what the replicated log still has. One change of the {@link StoreWriter}, and one flush.
 *
 * <pre>
 * image that is gone              everything of it is dropped
 * checkpoint that was retired     its slim row goes, the rest as maps are pruned
 * staged, id open or unknown      stays
 * staged, id aborted              dropped
 * staged, id committed there      becomes late: this replica may be one of its two holders (R9)
 * staged, id retired there        becomes late if it is whole and a retained line goes through it
 * every retained checkpoint       unknown: no tract is here until it is proven (R10)
 * </pre>
 *
 * The maps of images that go on stay as they are: they are what a proof compares, and nothing of
 * them is served before. Sessions that go on read what they read before: a line never changes once
 * its checkpoint is committed, so read points from before the switch are as good as new ones.
 */
final class MetadataInstall {
  private final StoreParts parts;
  private final Publisher publisher;
  private final Pruning pruning;
  private final Catalog next;

  MetadataInstall(StoreParts parts, Publisher publisher, Pruning pruning, Catalog next) {
    this.parts = parts;
    this.publisher = publisher;
    this.pruning = pruning;
    this.next = next;
  }

  /** Everything in memory; within a change. */
  void run() throws IOException {
    for (ImageState image : parts.catalog().images()) {
      Optional<ImageState> after = next.image(image.id());
      if (after.isPresent()) {
        retire(image, after.get());
      } else {
        publisher.dropImage(image.id());
      }
    }
    for (CheckpointKey key : parts.staging().lateKeys()) {
      settleLate(key);
    }
    for (CheckpointKey key : parts.staging().stagedKeys()) {
      settleStaged(key);
    }
    for (ImageState image : next.images()) {
      forget(image);
    }
    parts.catalog().replaceWith(next);
    for (ImageState image : next.images()) {
      publisher.forgetDamaged(image);
    }
    parts.staging().lateKeys().forEach(publisher::completeSoon);
  }

  private void retire(ImageState before, ImageState after) throws IOException {
    boolean any = false;
    for (CheckpointId id : before.committed().keySet()) {
      if (!after.committed().containsKey(id)) {
        publisher.retire(new CheckpointKey(before.id(), id));
        any = true;
      }
    }
    if (any) {
      pruning.add(before.id());
    }
  }

  private void settleLate(CheckpointKey key) {
    if (!isOnRetainedLine(key)) {
      parts.staging().forget(key);
    }
  }

  private void settleStaged(CheckpointKey key) throws IOException {
    switch (next.fate(key)) {
      case OPEN, UNKNOWN -> {}
      case ABORTED -> parts.staging().drop(key);
      case COMMITTED -> parts.staging().moveToLate(key);
      case RETIRED -> {
        if (isOnRetainedLine(key) && wholeDigest(key).isPresent()) {
          parts.staging().moveToLate(key);
        } else {
          parts.staging().drop(key);
        }
      }
    }
  }

  private boolean isOnRetainedLine(CheckpointKey key) {
    return next.image(key.image())
        .map(image ->
            image.retainedLines().stream()
                .anyMatch(line -> line.contains(key.checkpoint().value())))
        .orElse(false);
  }

  /**
   * Every retained checkpoint of the image is unknown; what is here late is awaited beside that.
   */
  private void forget(ImageState image) throws IOException {
    if (image.committed().isEmpty()) {
      return;
    }
    ImageId id = image.id();
    java.util.Map<CheckpointKey, Hole> holes = new java.util.TreeMap<>();
    for (CheckpointKey key : parts.staging().lateKeys()) {
      if (key.image().equals(id)) {
        hole(image, key).ifPresent(hole -> holes.put(key, hole));
      }
    }
    parts.missing().unknownUpTo(id, image.committed().lastKey());
    holes.forEach(parts.missing()::add);
  }

  private Optional<Hole> hole(ImageState image, CheckpointKey key) throws IOException {
    Optional<Hole> known = parts.missing().hole(key);
    if (known.isPresent()) {
      return known;
    }
    CheckpointInfo committed = image.committed().get(key.checkpoint());
    if (committed != null && committed.commit().isPresent()) {
      CheckpointInfo.CommitInfo commit = committed.commit().get();
      return Optional.of(new Hole(commit.content().digest(), commit.index(), TractSet.ALL, false));
    }
    // Retired: no digest is known but its own. What is merged so is a candidate for a proof, as
    // every map is.
    return wholeDigest(key).map(digest -> new Hole(digest, 1, TractSet.ALL, false));
  }

  private Optional<Digest> wholeDigest(CheckpointKey key) throws IOException {
    Staged staged = parts.staging().anywhere(key);
    if (staged == null || !publisher.isWhole(staged)) {
      return Optional.empty();
    }
    try {
      return Optional.of(parts.staging().reader().manifest(staged.records()).content().digest());
    } catch (CorruptionException _) {
      return Optional.empty();
    }
  }
}
