package io.hydrant.testkit.history;

import io.hydrant.testkit.history.Operation.Acquire;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import io.hydrant.testkit.history.Operation.ReadHead;
import io.hydrant.testkit.history.Operation.Restore;
import java.util.List;

/** Operations in the few words that a message has room for. */
final class Words {
  private Words() {}

  static String of(Operation operation) {
    String what =
        switch (operation) {
          case Acquire acquire -> "acquire" + answer(acquire.result());
          case Commit commit ->
              "commit of attempt %d under epoch %d on %s%s"
                  .formatted(
                      commit.attempt(),
                      commit.epoch(),
                      base(commit.base()),
                      answer(commit.result()));
          case ReadHead read -> "read of the head" + answer(read.result());
          case ListAll list -> "list" + listAnswer(list.result());
          case Pin pin ->
              "pin of %s%s"
                  .formatted(
                      pin.checkpoint().isPresent()
                          ? "checkpoint " + pin.checkpoint().getAsLong()
                          : "the latest",
                      answer(pin.result()));
          case Restore restore -> "restore in session %d".formatted(restore.session());
        };
    return "%s %s, %s %s"
        .formatted(operation.image(), operation.process(), what, operation.during());
  }

  private static String base(Base base) {
    return switch (base) {
      case Base.Nothing nothing -> "nothing";
      case Base.Checkpoint checkpoint -> "checkpoint " + checkpoint.id();
      case Base.Attempt attempt -> "attempt " + attempt.number();
    };
  }

  private static String answer(Result<?> result) {
    return switch (result) {
      case Result.Ok<?> ok -> " -> " + ok.value();
      case Result.Failed<?> failed -> " -> failed, " + failed.why();
      case Result.Unknown<?> unknown -> " -> unknown";
    };
  }

  private static String listAnswer(Result<List<Listed>> result) {
    return result instanceof Result.Ok<List<Listed>>(List<Listed> rows)
        ? " -> " + rows.stream().map(Listed::id).toList()
        : answer(result);
  }
}
