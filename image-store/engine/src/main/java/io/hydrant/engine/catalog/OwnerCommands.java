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
    Optional<ImageRecord> found = tables.image(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    Optional<SessionInfo> session =
        image.ownership().session().flatMap(id -> Optional.ofNullable(image.sessions().get(id)));
    // A session lives on while the image waits to be deleted.
    if (image.isOwnedBy(command.ownerToken()) && (session.isPresent() || !image.deleting())) {
      return Answers.of(acquired(image, session));
    }
    if (image.deleting()) {
      return Answers.unknownImage(command.image());
    }
    return refusal(image, command).orElseGet(() -> take(image, command, context));
  }

  private static Optional<Applied> refusal(ImageRecord image, Command.Acquire command) {
    if (command.seenEpoch().isPresent() && !command.seenEpoch().get().equals(image.epoch())) {
      return Optional.of(staleSight(image, command.seenEpoch().get()));
    }
    Command.Restore restore = command.restore();
    if (restore instanceof Command.Restore.None) {
      return Optional.empty();
    }
    return leaseMillis(restore)
        .flatMap(lease -> SessionCommands.refusalOfSession(image, lease))
        .or(() -> SessionCommands.refusalOfRestore(image, restored(image, restore)));
  }

  private Applied take(ImageRecord image, Command.Acquire command, EntryContext context) {
    Optional<CheckpointId> restored = restored(image, command.restore());
    Optional<SessionInfo> session =
        leaseMillis(command.restore())
            .map(lease ->
                SessionCommands.session(
                    image, restored.orElseThrow(), lease, context.index(), RequestId.NONE));
    TreeSet<CheckpointId> open = new TreeSet<>(image.open().keySet());
    CheckpointHistory fenced = image.history().aborted(open);
    ImageRecord taken =
        image
            .with(
                new ImageRecord.Ownership(
                    image.epoch().next(), command.ownerToken(), session.map(SessionInfo::id)),
                context.index())
            .with(restored.map(fenced::restoredTo).orElse(fenced), context.index());
    session.ifPresentOrElse(
        pin ->
            tables.addSession(
                taken.with(taken.sessions().plus(pin.id(), pin), context.index()), pin.id()),
        () -> tables.put(taken));
    return Answers.of(acquired(taken, session), Answers.dropStaged(image.id(), open));
  }

  /** What is restored at this place in the log; empty: nothing, or there is nothing. */
  private static Optional<CheckpointId> restored(ImageRecord image, Command.Restore restore) {
    return switch (restore) {
      case Command.Restore.None() -> Optional.empty();
      case Command.Restore.Head _ -> image.head();
      case Command.Restore.At at -> Optional.of(at.checkpoint());
    };
  }

  private static Optional<Integer> leaseMillis(Command.Restore restore) {
    return switch (restore) {
      case Command.Restore.None() -> Optional.empty();
      case Command.Restore.Head head -> Optional.of(head.leaseMillis());
      case Command.Restore.At at -> at.leaseMillis();
    };
  }

  private static Outcome acquired(ImageRecord image, Optional<SessionInfo> session) {
    Optional<Digest> digest =
        image
            .head()
            .flatMap(image::checkpoint)
            .flatMap(CheckpointInfo::commit)
            .map(commit -> commit.content().digest());
    return new Outcome.Acquired(
        image.epoch(), image.head(), digest, session.map(SessionCommands::pinned));
  }

  private static Applied staleSight(ImageRecord image, Epoch seen) {
    return Answers.rejected(
        Rejection.STALE_EPOCH,
        "%s is at epoch %d, not %d: another owner took over since you looked; look again and decide anew"
            .formatted(image.label(), image.epoch().value(), seen.value()),
        image.head());
  }
}
