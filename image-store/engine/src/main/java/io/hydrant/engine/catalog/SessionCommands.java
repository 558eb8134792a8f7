package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.SessionId;
import java.util.Collections;
import java.util.Optional;

/**
 * Restore sessions: pins on checkpoints, with a lease that only the log ends (PROTOCOL R19, R20).
 */
final class SessionCommands {
  private final CatalogTables tables;

  SessionCommands(CatalogTables tables) {
    this.tables = tables;
  }

  /** A repeat is looked up first: its session lives on while the image waits to be deleted. */
  Applied pin(Command.Pin command, EntryContext context) {
    Optional<ImageRecord> found = tables.image(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    for (SessionInfo session : image.sessions().values()) {
      if (context.repeats(session.request())) {
        return Answers.of(pinned(session));
      }
    }
    if (image.deleting()) {
      return Answers.unknownImage(command.image());
    }
    Optional<CheckpointId> wanted = command.checkpoint().or(image::head);
    return refusalOfSession(image, command.leaseMillis())
        .or(() -> refusalOfRestore(image, wanted))
        .orElseGet(() -> pinNew(image, wanted.orElseThrow(), command, context));
  }

  /** Why an image can have no further session with this lease. */
  static Optional<Applied> refusalOfSession(ImageRecord image, int leaseMillis) {
    if (leaseMillis < CatalogLimits.LEASE_MILLIS_MIN
        || leaseMillis > CatalogLimits.LEASE_MILLIS_MAX) {
      return Optional.of(
          Answers.outOfRange(
              "the lease in milliseconds",
              CatalogLimits.LEASE_MILLIS_MIN,
              CatalogLimits.LEASE_MILLIS_MAX,
              leaseMillis));
    }
    return image.sessions().size() >= CatalogLimits.SESSIONS_PER_IMAGE_MAX
        ? Optional.of(
            Answers.rejected(
                Rejection.LIMIT_EXCEEDED,
                "%s has %d restore sessions, the most an image can have: end some first"
                    .formatted(image.label(), CatalogLimits.SESSIONS_PER_IMAGE_MAX)))
        : Optional.empty();
  }

  /** Why a checkpoint, or the head where there is none, cannot be restored. */
  static Optional<Applied> refusalOfRestore(ImageRecord image, Optional<CheckpointId> wanted) {
    if (wanted.isEmpty()) {
      return Optional.of(
          Answers.rejected(
              Rejection.UNKNOWN_CHECKPOINT,
              "%s has no committed checkpoint: nothing can be restored yet"
                  .formatted(image.label())));
    }
    return image.committed().containsKey(wanted.get())
        ? Optional.empty()
        : Optional.of(notRestorable(image, wanted.get()));
  }

  /** A new session: its number is the index of the entry that opens it. */
  static SessionInfo session(
      ImageRecord image, CheckpointId checkpoint, int leaseMillis, long index, RequestId request) {
    return new SessionInfo(new SessionId(index), image.id(), checkpoint, leaseMillis, 0, request);
  }

  Applied renew(Command.Renew command, EntryContext context) {
    Optional<ImageRecord> found = tables.ofSession(command.session());
    if (found.isEmpty()) {
      return unknownSession(command.session());
    }
    ImageRecord image = found.get();
    SessionInfo old = session(image, command.session());
    SessionInfo renewed =
        new SessionInfo(
            old.id(),
            old.image(),
            old.checkpoint(),
            old.leaseMillis(),
            old.renewals() + 1,
            old.request());
    tables.put(image.with(image.sessions().plus(old.id(), renewed), context.index()));
    return Answers.of(new Outcome.Renewed(old.leaseMillis()));
  }

  Applied unpin(Command.Unpin command, EntryContext context) {
    SessionId id = command.session();
    Optional<ImageRecord> found = tables.ofSession(id);
    if (found.isEmpty()) {
      return unknownSession(id);
    }
    ImageRecord image = found.get();
    long renewals = session(image, id).renewals();
    if (command.seenRenewals().isPresent() && command.seenRenewals().get() < renewals) {
      return Answers.rejected(
          Rejection.INVALID,
          "restore session %d was renewed since: %d renewals, %d seen; it goes on"
              .formatted(id.value(), renewals, command.seenRenewals().get()));
    }
    if (image.deleting() && image.sessions().size() == 1) {
      tables.drop(image);
      return Answers.of(new Outcome.Unpinned(), new Effect.DropImage(image.id()));
    }
    tables.removeSession(
        image.with(image.sessions().without(Collections.singleton(id)), context.index()), id);
    return Answers.of(new Outcome.Unpinned());
  }

  /** Why a checkpoint that is not retained can be neither restored nor taken over from. */
  private static Applied notRestorable(ImageRecord image, CheckpointId id) {
    String label = image.label();
    return switch (image.fate(id)) {
      case UNKNOWN -> Answers.unknownCheckpoint(image, id);
      case OPEN ->
          Answers.rejected(
              Rejection.NOT_COMMITTED,
              "%s of %s is still open: wait until it has committed".formatted(id, label),
              image.head());
      case ABORTED ->
          Answers.rejected(
              Rejection.NOT_COMMITTED,
              "%s of %s was aborted: choose another".formatted(id, label),
              image.head());
      case RETIRED ->
          Answers.rejected(
              Rejection.RETIRED,
              "%s of %s was retired: choose one that is retained".formatted(id, label),
              image.head());
      case COMMITTED ->
          throw new IllegalStateException("%s of %s can be restored".formatted(id, label));
    };
  }

  private Applied pinNew(
      ImageRecord image, CheckpointId checkpoint, Command.Pin command, EntryContext context) {
    SessionInfo session =
        session(image, checkpoint, command.leaseMillis(), context.index(), context.request());
    tables.addSession(
        image.with(image.sessions().plus(session.id(), session), context.index()), session.id());
    return Answers.of(pinned(session));
  }

  static Outcome.Pinned pinned(SessionInfo session) {
    return new Outcome.Pinned(
        session.id(),
        new CheckpointKey(session.image(), session.checkpoint()),
        session.leaseMillis());
  }

  private static SessionInfo session(ImageRecord image, SessionId id) {
    return Optional.ofNullable(image.sessions().get(id))
        .orElseThrow(() -> new IllegalStateException(image.label() + " lost " + id));
  }

  private static Applied unknownSession(SessionId id) {
    return Answers.rejected(
        Rejection.UNKNOWN_SESSION,
        "there is no restore session %d: it ended or expired; open a new one"
            .formatted(id.value()));
  }
}
