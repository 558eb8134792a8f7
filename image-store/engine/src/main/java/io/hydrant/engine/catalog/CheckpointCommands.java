package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import java.util.Optional;
import java.util.SortedSet;

/** The life of a checkpoint (PROTOCOL R3, R4). A rejected command changes nothing. */
final class CheckpointCommands {
  private final CatalogTables tables;
  private final CatalogRules rules;

  CheckpointCommands(CatalogTables tables, CatalogRules rules) {
    this.tables = tables;
    this.rules = rules;
  }

  Applied open(Command.Open command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    Optional<Applied> refusal = refusalOfOpen(image, command);
    if (refusal.isPresent()) {
      return refusal.get();
    }
    CheckpointHistory history = image.history();
    SortedSet<CheckpointId> beside = rules.endedByOpen(history.openBeside(command.base()));
    CheckpointId id = new CheckpointId(history.next());
    CheckpointInfo opened =
        new CheckpointInfo(
            id,
            command.base(),
            command.kind(),
            command.epoch(),
            command
                .regions()
                .or(() -> command.base().flatMap(image::checkpoint).map(CheckpointInfo::regions))
                .orElseThrow(),
            Optional.empty());
    tables.put(image.with(history.aborted(beside).opened(opened), context.index()));
    return Answers.of(
        new Outcome.Opened(new CheckpointKey(image.id(), id)),
        Answers.dropStaged(image.id(), beside));
  }

  /**
   * The outcome of the id is looked up before the epoch, so that a repeat gets its first answer.
   */
  Applied commit(Command.Commit command, EntryContext context) {
    Optional<ImageRecord> found = tables.image(command.key().image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.key().image());
    }
    ImageRecord image = found.get();
    CheckpointId id = command.key().checkpoint();
    return switch (image.fate(id)) {
      case UNKNOWN -> Answers.unknownCheckpoint(image, id);
      case ABORTED ->
          Answers.rejected(
              Rejection.ABORTED,
              "%s of %s was aborted: open a new one with what changed since its base"
                  .formatted(id, image.label()),
              image.head());
      case COMMITTED -> {
        CheckpointInfo.CommitInfo first = info(image, id).commit().orElseThrow();
        yield again(image, command, first.content().digest(), first.index());
      }
      case RETIRED -> againRetired(image, command, context);
      case OPEN -> commitOpen(image, command, context);
    };
  }

  Applied abort(Command.Abort command, EntryContext context) {
    Optional<ImageRecord> found = tables.image(command.key().image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.key().image());
    }
    ImageRecord image = found.get();
    CheckpointId id = command.key().checkpoint();
    return switch (image.fate(id)) {
      case UNKNOWN -> Answers.unknownCheckpoint(image, id);
      case ABORTED -> Answers.of(new Outcome.Aborted(command.key()));
      case COMMITTED, RETIRED ->
          Answers.rejected(
              Rejection.INVALID,
              "%s of %s is committed: it cannot be aborted any more".formatted(id, image.label()),
              image.head());
      case OPEN -> abortOpen(image, command, context);
    };
  }

  private Optional<Applied> refusalOfOpen(ImageRecord image, Command.Open command) {
    if (!isCurrent(image, command.epoch())) {
      return Optional.of(Answers.staleEpoch(image, command.epoch()));
    }
    Optional<Applied> misshapen =
        switch (command.kind()) {
          case FULL -> refusalOfFull(command);
          case INCREMENTAL -> refusalOfIncremental(image, command);
        };
    if (misshapen.isPresent()) {
      return misshapen;
    }
    CheckpointHistory history = image.history();
    int kept = history.open().size() - rules.endedByOpen(history.openBeside(command.base())).size();
    if (kept + 1 > CatalogLimits.OPEN_CHECKPOINTS_MAX) {
      return Optional.of(
          Answers.rejected(
              Rejection.TOO_MANY_OPEN,
              "%s has %d open checkpoints below this one, the most it can have: commit one first"
                  .formatted(image.label(), kept),
              image.head()));
    }
    return history.next() > CheckpointId.MAX
        ? Optional.of(
            Answers.rejected(
                Rejection.LIMIT_EXCEEDED,
                "%s has used up its checkpoint numbers: create a new image"
                    .formatted(image.label())))
        : Optional.empty();
  }

  private static Optional<Applied> refusalOfFull(Command.Open command) {
    if (command.base().isPresent() || command.regions().isEmpty()) {
      return invalid("a full checkpoint has regions and no base");
    }
    long tracts = command.regions().get().tracts();
    return tracts > CatalogLimits.TRACTS_MAX
        ? Optional.of(
            Answers.rejected(
                Rejection.LIMIT_EXCEEDED,
                "the regions have %d tracts of 8 MiB together, of which an image can have %d: split it into several images"
                    .formatted(tracts, CatalogLimits.TRACTS_MAX)))
        : Optional.empty();
  }

  private static Optional<Applied> refusalOfIncremental(ImageRecord image, Command.Open command) {
    if (command.base().isEmpty() || command.regions().isPresent()) {
      return invalid("an incremental checkpoint has a base and takes over its regions");
    }
    CheckpointHistory history = image.history();
    CheckpointId base = command.base().get();
    boolean onHead = image.head().equals(command.base());
    if (!onHead && !isOpenUnder(history, base, command.epoch())) {
      boolean known = image.fate(base) != ImageState.Fate.UNKNOWN;
      return Optional.of(
          known && image.head().isPresent() ? wrongBase(image, base) : sendFull(image, base));
    }
    Optional<CheckpointId> damaged =
        image.damaged().isEmpty() ? Optional.empty() : image.damaged().newestOn(image.line(base));
    if (damaged.isPresent()) {
      return Optional.of(
          Answers.rejected(
              Rejection.SEND_FULL,
              "pages of %s that %s builds on are damaged, and no replica has them: send a full checkpoint"
                  .formatted(damaged.get(), base),
              image.head()));
    }
    if (onHead && history.runsOnHead() > CatalogLimits.LINE_RUNS_MAX) {
      return Optional.of(
          Answers.rejected(
              Rejection.SEND_FULL,
              "%s went back to an older checkpoint %d times since its last full one: send a full checkpoint"
                  .formatted(image.label(), CatalogLimits.LINE_RUNS_MAX),
              image.head()));
    }
    return Optional.empty();
  }

  private Applied commitOpen(ImageRecord image, Command.Commit command, EntryContext context) {
    CheckpointInfo opened = info(image, command.key().checkpoint());
    if (!rules.mayCommit(command.epoch(), image.epoch())) {
      return Answers.staleEpoch(image, command.epoch());
    }
    if (!rules.mayFollow(opened, image.head())) {
      return wrongBase(image, opened.base().orElseThrow());
    }
    CheckpointInfo committed =
        new CheckpointInfo(
            opened.id(),
            opened.base(),
            opened.kind(),
            opened.epoch(),
            opened.regions(),
            Optional.of(
                new CheckpointInfo.CommitInfo(
                    command.content(), context.nowMillis(), context.index())));
    tables.put(image.with(image.history().committed(committed), context.index()));
    return Answers.of(
        new Outcome.Committed(command.key(), context.index()),
        new Effect.Publish(command.key(), command.content()));
  }

  /**
   * Of the newest retired ones digest and index are known still. Of an older one it is certain only
   * that its one attempt did commit: the answer carries the current index, at which that is visible
   * as well.
   */
  private static Applied againRetired(
      ImageRecord image, Command.Commit command, EntryContext context) {
    Optional<ImageState.CommittedAs> known = image.committedAs(command.key().checkpoint());
    if (known.isPresent()) {
      return again(image, command, known.get().digest(), known.get().index());
    }
    return Answers.of(new Outcome.Committed(command.key(), context.index()));
  }

  private static Applied again(
      ImageRecord image, Command.Commit command, Digest digest, long index) {
    if (digest.equals(command.content().digest())) {
      return Answers.of(new Outcome.Committed(command.key(), index));
    }
    return Answers.rejected(
        Rejection.DIGEST_MISMATCH,
        "%s of %s is committed with digest %s, not %s: these are other bytes; open a new checkpoint for them"
            .formatted(
                command.key().checkpoint(), image.label(), digest, command.content().digest()),
        image.head());
  }

  private Applied abortOpen(ImageRecord image, Command.Abort command, EntryContext context) {
    if (command.epoch().isPresent() && !isCurrent(image, command.epoch().get())) {
      return Answers.staleEpoch(image, command.epoch().get());
    }
    SortedSet<CheckpointId> family = image.history().openFrom(command.key().checkpoint());
    tables.put(image.with(image.history().aborted(family), context.index()));
    return Answers.of(new Outcome.Aborted(command.key()), Answers.dropStaged(image.id(), family));
  }

  private static boolean isCurrent(ImageRecord image, Epoch epoch) {
    return epoch.equals(image.epoch()) && !epoch.equals(Epoch.NONE);
  }

  private static boolean isOpenUnder(CheckpointHistory history, CheckpointId id, Epoch epoch) {
    return Optional.ofNullable(history.open().get(id))
        .filter(info -> info.epoch().equals(epoch))
        .isPresent();
  }

  private static CheckpointInfo info(ImageRecord image, CheckpointId id) {
    return image
        .checkpoint(id)
        .orElseThrow(() -> new IllegalStateException("%s lost %s".formatted(image.label(), id)));
  }

  private static Optional<Applied> invalid(String message) {
    return Optional.of(Answers.rejected(Rejection.INVALID, message));
  }

  private static Applied wrongBase(ImageRecord image, CheckpointId base) {
    return Answers.rejected(
        Rejection.WRONG_BASE,
        "%s is not the head of %s, which is %s: send what changed since the head, or a full checkpoint"
            .formatted(
                base, image.label(), image.head().map(CheckpointId::toString).orElse("none")),
        image.head());
  }

  private static Applied sendFull(ImageRecord image, CheckpointId base) {
    return Answers.rejected(
        Rejection.SEND_FULL,
        "%s cannot build on %s: %s; send a full checkpoint"
            .formatted(
                image.label(),
                base,
                image.head().isPresent() ? "it is unknown" : "nothing is committed yet"),
        image.head());
  }
}
