package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.ImageId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Images come and go (PROTOCOL R2, R22). */
final class ImageCommands {
  private final CatalogTables tables;

  ImageCommands(CatalogTables tables) {
    this.tables = tables;
  }

  Applied create(Command.CreateImage command, EntryContext context) {
    String name = command.name();
    if (!isName(name)) {
      return Answers.rejected(
          Rejection.INVALID,
          "an image name has 1 to %d characters from a-z A-Z 0-9 . _ - and starts with a letter or digit; %s does not"
              .formatted(CatalogLimits.IMAGE_NAME_CHARS_MAX, Answers.quoted(name)));
    }
    Optional<ImageRecord> holder = tables.named(name);
    if (holder.isPresent()) {
      return context.repeats(holder.get().origin().request())
          ? Answers.of(new Outcome.ImageCreated(holder.get().id()))
          : nameTaken(holder.get());
    }
    if (tables.size() >= CatalogLimits.IMAGES_MAX) {
      return Answers.rejected(
          Rejection.LIMIT_EXCEEDED,
          "this group has %d images, the most it can hold: delete some, or use another group"
              .formatted(CatalogLimits.IMAGES_MAX));
    }
    ImageId id = new ImageId(tables.nextImage());
    tables.add(
        ImageRecord.created(
            new ImageRecord.Origin(
                id, name, context.request(), context.nowMillis(), command.durability()),
            command.retention(),
            command.quota(),
            context.index()));
    return Answers.of(new Outcome.ImageCreated(id));
  }

  Applied delete(Command.DeleteImage command, EntryContext context) {
    Optional<ImageRecord> found = tables.image(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    if (image.deleting()) {
      return Answers.of(new Outcome.ImageDeleted(true));
    }
    TreeSet<CheckpointId> open = new TreeSet<>(image.open().keySet());
    List<Effect> effects = new ArrayList<>(Answers.dropStaged(image.id(), open));
    if (image.sessions().isEmpty()) {
      tables.drop(image);
      effects.add(new Effect.DropImage(image.id()));
      return Answers.of(new Outcome.ImageDeleted(false), effects);
    }
    if (!command.deferIfPinned()) {
      return Answers.rejected(
          Rejection.PINNED,
          "%s is pinned by %d restore sessions: end them, or ask for deletion when the last one ends"
              .formatted(image.label(), image.sessions().size()));
    }
    tables.put(
        image
            .with(image.history().aborted(open), context.index())
            .with(image.standing().deleted(), context.index()));
    return Answers.of(new Outcome.ImageDeleted(true), effects);
  }

  /** Whoever brings checkpoints asks for it: what is open or committed already stays as it is. */
  Applied setQuota(Command.SetQuota command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    if (!command.quota().equals(image.quota())) {
      tables.put(image.with(image.standing().withQuota(command.quota()), context.index()));
    }
    return Answers.of(new Outcome.QuotaSet());
  }

  /** Of two who learn at once the second one reads anew what it learns on. */
  Applied learnPlan(Command.LearnPlan command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    long next = image.plan().version() + 1;
    long others = tables.planBytes() - image.plan().size();
    if (command.learned().version() != next
        || others + command.learned().size() > CatalogLimits.PLANS_BYTES_MAX) {
      return Answers.of(new Outcome.PlanLearned(next - 1, false));
    }
    tables.put(image.with(image.standing().withPlan(command.learned()), context.index()));
    return Answers.of(new Outcome.PlanLearned(next, true));
  }

  private static Applied nameTaken(ImageRecord holder) {
    return Answers.rejected(
        Rejection.NAME_TAKEN,
        holder.deleting()
            ? "the name of %s is free when its last restore session ends: wait for that, or choose another"
                .formatted(holder.label())
            : "the name is taken by %s: choose another, or delete that image"
                .formatted(holder.label()));
  }

  static boolean isName(String name) {
    if (name.isEmpty() || name.length() > CatalogLimits.IMAGE_NAME_CHARS_MAX) {
      return false;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letterOrDigit = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      boolean mark = c == '.' || c == '_' || c == '-';
      if (!letterOrDigit && !(mark && i > 0)) {
        return false;
      }
    }
    return true;
  }
}
