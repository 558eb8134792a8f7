package io.hydrant.testkit.history;

import io.hydrant.testkit.history.HistoryChecker.Findings;
import io.hydrant.testkit.history.ImageFacts.Fate;
import io.hydrant.testkit.history.Operation.ListAll;
import io.hydrant.testkit.history.Operation.Listed;
import io.hydrant.testkit.history.Operation.Pin;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Whether the newest checkpoints are there, in lists and for restores. */
final class Retained {
  private final ImageFacts facts;
  private final ImageOrder order;
  private final int keepLast;
  private final Findings findings;

  private Retained(ImageFacts facts, ImageOrder order, int keepLast, Findings findings) {
    this.facts = facts;
    this.order = order;
    this.keepLast = keepLast;
    this.findings = findings;
  }

  static void check(ImageFacts facts, ImageOrder order, int keepLast, Findings findings) {
    Retained retained = new Retained(facts, order, keepLast, findings);
    for (Operation operation : facts.operations()) {
      switch (operation) {
        case ListAll list -> {
          if (list.result() instanceof Result.Ok<List<Listed>>(List<Listed> rows)) {
            retained.list(list, rows);
          }
        }
        case Pin pin -> {
          if (pin.result() instanceof Result.Failed<Long>(Result.Why why)) {
            retained.refused(pin, why);
          }
        }
        case Operation.Acquire _,
            Operation.Commit _,
            Operation.ReadHead _,
            Operation.Restore _ -> {}
      }
    }
  }

  private void list(ListAll list, List<Listed> rows) {
    Set<Long> there = new HashSet<>();
    rows.forEach(row -> there.add(row.id()));
    long newest = there.stream().mapToLong(Long::longValue).max().orElse(0);
    int left = keepLast;
    for (Fate fate : facts.committed().headMap(newest, true).descendingMap().values()) {
      if (left-- == 0) {
        return;
      }
      if (!there.contains(fate.id())) {
        findings.add(
            fate.isAcknowledged() ? Demand.NOTHING_LOST : Demand.FATE_FIXED,
            "%s checkpoint %d is not there, though fewer than %d are newer: %s; %s"
                .formatted(
                    fate.isAcknowledged() ? "acknowledged" : "committed",
                    fate.id(),
                    keepLast,
                    Words.of(list),
                    fate.commit().map(Words::of).orElse(fate.where())));
      }
    }
  }

  private void refused(Pin pin, Result.Why why) {
    if (pin.checkpoint().isEmpty()
        || (why != Result.Why.NOT_COMMITTED && why != Result.Why.RETIRED)) {
      return;
    }
    Fate fate = facts.committed().get(pin.checkpoint().getAsLong());
    if (fate == null || fate.acknowledged() >= pin.during().invoked()) {
      return;
    }
    long newer =
        order.changes().subList(order.commitPosition(fate.id()) + 1, order.last() + 1).stream()
            .filter(change -> change.newest() == change.head() && change.head() > fate.id())
            .filter(change -> change.from() <= pin.during().returned())
            .mapToLong(ImageOrder.Change::head)
            .distinct()
            .limit(keepLast)
            .count();
    if (why == Result.Why.NOT_COMMITTED || newer < keepLast) {
      findings.add(
          Demand.NOTHING_LOST,
          "acknowledged checkpoint %d cannot be restored, though fewer than %d are newer: %s; %s"
              .formatted(
                  fate.id(),
                  keepLast,
                  Words.of(pin),
                  fate.commit().map(Words::of).orElse(fate.where())));
    }
  }
}
