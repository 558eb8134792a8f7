package io.hydrant.engine.catalog;

import io.hydrant.engine.catalog.Catalog.Applied;
import io.hydrant.engine.model.CheckpointId;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** Which checkpoints stay restorable (PROTOCOL R21). */
final class RetentionCommands {
  private final CatalogTables tables;

  RetentionCommands(CatalogTables tables) {
    this.tables = tables;
  }

  Applied setRetention(Command.SetRetention command, EntryContext context) {
    Optional<ImageRecord> found = tables.live(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    int keepLast = command.keepLast();
    if (!isKeepLast(keepLast)) {
      return badKeepLast(keepLast);
    }
    if (keepLast != found.get().keepLast()) {
      tables.put(found.get().with(new ImageRecord.Standing(keepLast, false), context.index()));
    }
    return Answers.of(new Outcome.RetentionSet());
  }

  /** Also of an image that waits for its last session: its space may come back earlier. */
  Applied retire(Command.Retire command, EntryContext context) {
    Optional<ImageRecord> found = tables.image(command.image());
    if (found.isEmpty()) {
      return Answers.unknownImage(command.image());
    }
    ImageRecord image = found.get();
    TreeSet<CheckpointId> retired = retirable(image, command.checkpoints());
    List<CheckpointId> list = List.copyOf(retired);
    if (list.isEmpty()) {
      return Answers.of(new Outcome.Retired(list));
    }
    tables.put(image.with(image.history().retired(retired), context.index()));
    return Answers.of(new Outcome.Retired(list), new Effect.Retire(image.id(), list));
  }

  private static TreeSet<CheckpointId> retirable(ImageRecord image, List<CheckpointId> asked) {
    SortedArrayMap<CheckpointId, CheckpointInfo> committed = image.history().committed();
    int old = committed.size() - image.keepLast();
    TreeSet<CheckpointId> retirable = new TreeSet<>();
    for (CheckpointId id : asked) {
      int age = committed.indexOf(id);
      if (age >= 0 && age < old) {
        retirable.add(id);
      }
    }
    image.head().ifPresent(retirable::remove);
    for (SessionInfo session : image.sessions().values()) {
      retirable.remove(session.checkpoint());
    }
    return retirable;
  }

  static boolean isKeepLast(int keepLast) {
    return keepLast >= CatalogLimits.KEEP_LAST_MIN && keepLast <= CatalogLimits.KEEP_LAST_MAX;
  }

  static Applied badKeepLast(int keepLast) {
    return Answers.outOfRange(
        "the number of checkpoints to keep",
        CatalogLimits.KEEP_LAST_MIN,
        CatalogLimits.KEEP_LAST_MAX,
        keepLast);
  }
}
