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
    ImageRecord image = found.get();
    if (!command.retention().equals(image.retention())) {
      tables.put(image.with(image.standing().with(command.retention()), context.index()));
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

  /** Whatever the leader thought of the time: only what is certain at this place in the log. */
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
    retirable.removeAll(RetentionPlan.held(image));
    return retirable;
  }
}
