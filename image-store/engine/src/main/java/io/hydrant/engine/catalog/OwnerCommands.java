package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import java.util.Optional;
import java.util.TreeSet;

/** Who may write (PROTOCOL R6). */
final class OwnerCommands {
  private final CatalogTables tables;

  OwnerCommands(CatalogTables tables) {
    this.tables = tables;
  }

  Applied acquire(Command.Acquire command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    RequestId token = command.ownerToken();
    if (token.equals(image.ownership().token()) && !token.equals(RequestId.NONE)) {
      return Answers.of(acquired(image));
    }
    if (command.seenEpoch().isPresent() && !command.seenEpoch().get().equals(image.epoch())) {
      return staleSight(image, command.seenEpoch().get());
    }
    CheckpointHistory history = image.history();
    Optional<CheckpointId> restorePoint = command.restorePoint();
    if (restorePoint.isPresent() && !history.committed().containsKey(restorePoint.get())) {
      return SessionCommands.notRestorable(image, restorePoint.get());
    }
    TreeSet<CheckpointId> open = new TreeSet<>(history.open().keySet());
    CheckpointHistory fenced = history.aborted(open);
    ImageRecord taken =
        image
            .with(new ImageRecord.Ownership(image.epoch().next(), token), context.index())
            .with(restorePoint.map(fenced::restoredTo).orElse(fenced), context.index());
    tables.put(taken);
    return Answers.of(acquired(taken), Answers.dropStaged(image.id(), open));
  }

  private static Outcome acquired(ImageRecord image) {
    Optional<Digest> digest =
        image
            .head()
            .flatMap(image::checkpoint)
            .flatMap(CheckpointInfo::commit)
            .map(commit -> commit.content().digest());
    return new Outcome.Acquired(image.epoch(), image.head(), digest);
  }

  private static Applied staleSight(ImageRecord image, Epoch seen) {
    return Answers.rejected(
        Rejection.STALE_EPOCH,
        "%s is at epoch %d, not %d: another owner took over since you looked; look again and decide anew"
            .formatted(image.label(), image.epoch().value(), seen.value()),
        image.head());
  }
}
