package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
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
 * id decided here before          here or missing as it was
 * id decided there since          missing, but for what becomes late (R10)
 * </pre>
 *
 * The maps stay as they are, and so does what was known of them. The catalog that comes is a later
 * state of the same log, and the entries that were applied here are in it: what they committed was
 * published here under the digest that they stated, over every page's checksum, and that is R18's
 * proof from own segments. What came since is a gap. Where the two catalogs say different things of
 * one checkpoint, they are not of one log, and everything is unknown.
 *
 * <p>Sessions that go on read what they read before: a line never changes once its checkpoint is
 * committed, so read points from before the switch are as good as new ones.
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
      account(image);
    }
    parts.catalog().replaceWith(next);
    for (ImageState image : next.images()) {
      publisher.forgetMissing(image);
      parts.missing().lost(image); // of an entry that was never seen
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

  /** What of the image is not here any more, or not yet. */
  private void account(ImageState after) throws IOException {
    if (after.committed().isEmpty()) {
      return;
    }
    Optional<ImageState> before = parts.catalog().image(after.id());
    CheckpointId newest = after.committed().lastKey();
    if (before.isPresent() && !after.continues(before.get())) {
      parts.missing().unknownUpTo(after.id(), newest);
    }
    Optional<CheckpointId> candidate = noteLate(after);
    long index = parts.catalog().applied().index() + 1;
    long[] unseen =
        after.notAborted(before.map(ImageState::firstUndecided).orElse(1L), newest.value());
    parts.missing().skipped(after.id(), unseen, index);
    candidate.ifPresent(id -> parts.missing().distrust(after.id(), id));
  }

  /**
   * Notes what is here late and is awaited.
   *
   * @return the newest of which nobody knows any more with what digest it was committed: what is
   *     merged of it is a candidate for a proof, and nothing that may build on it is known
   */
  private Optional<CheckpointId> noteLate(ImageState image) throws IOException {
    Optional<CheckpointId> candidate = Optional.empty();
    for (CheckpointKey key : parts.staging().lateKeys()) {
      if (!key.image().equals(image.id()) || parts.missing().hole(key).isPresent()) {
        continue;
      }
      Optional<ImageState.CommittedAs> known = image.committedAs(key.checkpoint());
      Optional<Digest> digest =
          known.isPresent() ? known.map(ImageState.CommittedAs::digest) : wholeDigest(key);
      if (digest.isPresent()) {
        long index = known.map(ImageState.CommittedAs::index).orElse(1L);
        parts.missing().add(key, new Hole(digest.get(), index, TractSet.ALL, false));
        candidate = known.isPresent() ? candidate : Optional.of(key.checkpoint());
      }
    }
    return candidate;
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
