package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import java.util.Collections;
import java.util.Optional;

/**
 * Names of checkpoints: whoever has one is not retired (PROTOCOL R21) until all of its names are
 * released. A name is at one checkpoint of its image only; to move it is to release it first.
 */
final class NameCommands {
  private final CatalogTables tables;

  NameCommands(CatalogTables tables) {
    this.tables = tables;
  }

  /** A repeat finds its name where it put it, and changes nothing. */
  Applied name(Command.NameCheckpoint command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    CheckpointId id = command.checkpoint();
    String name = command.name();
    if (!isName(name)) {
      return Answers.rejected(
          Rejection.INVALID,
          "a checkpoint's name has 1 to %d characters from a-z A-Z 0-9 . _ - and starts with a letter; %s does not"
              .formatted(CatalogLimits.CHECKPOINT_NAME_CHARS_MAX, Answers.quoted(name)));
    }
    CheckpointId holder = image.names().get(name);
    if (holder != null) {
      return holder.equals(id) ? named(image, id) : nameTaken(image, name, holder);
    }
    return SessionCommands.refusalOfRestore(image, Optional.of(id))
        .or(() -> refusalOfAnother(image))
        .orElseGet(() -> {
          tables.put(
              image.with(image.standing().with(image.names().plus(name, id)), context.index()));
          return named(image, id);
        });
  }

  /** A repeat finds no such name any more, and says so. */
  Applied release(Command.ReleaseName command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    boolean held = image.names().containsKey(command.name());
    if (held) {
      tables.put(
          image.with(
              image.standing().with(image.names().without(Collections.singleton(command.name()))),
              context.index()));
    }
    return Answers.of(new Outcome.NameReleased(held));
  }

  /** A first letter tells a name from a number. */
  static boolean isName(String name) {
    return name.length() <= CatalogLimits.CHECKPOINT_NAME_CHARS_MAX
        && ImageCommands.isName(name)
        && !(name.charAt(0) >= '0' && name.charAt(0) <= '9');
  }

  private static Applied named(ImageRecord image, CheckpointId id) {
    return Answers.of(new Outcome.CheckpointNamed(new CheckpointKey(image.id(), id)));
  }

  private static Applied nameTaken(ImageRecord image, String name, CheckpointId holder) {
    return Answers.rejected(
        Rejection.NAME_TAKEN,
        "the name %s is at %s of %s: choose another, or release it first"
            .formatted(name, holder, image.label()));
  }

  private static Optional<Applied> refusalOfAnother(ImageRecord image) {
    return image.names().size() >= CatalogLimits.NAMES_PER_IMAGE_MAX
        ? Optional.of(
            Answers.rejected(
                Rejection.LIMIT_EXCEEDED,
                "%s has %d names, the most an image can have: release some first"
                    .formatted(image.label(), CatalogLimits.NAMES_PER_IMAGE_MAX)))
        : Optional.empty();
  }
}
