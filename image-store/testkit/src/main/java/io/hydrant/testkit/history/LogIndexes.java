package io.hydrant.testkit.history;

import io.hydrant.testkit.history.HistoryChecker.Findings;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Committed;
import io.hydrant.testkit.history.Operation.Head;
import io.hydrant.testkit.history.Operation.ReadHead;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Whether log indices, which all images of a store share, agree with real time. */
final class LogIndexes {
  private LogIndexes() {}

  private record Indexed(Operation operation, long index, boolean change) {
    long invoked() {
      return operation.during().invoked();
    }

    long returned() {
      return operation.during().returned();
    }
  }

  static void check(List<Operation> operations, Findings findings) {
    List<Indexed> all = new ArrayList<>();
    Map<Long, Operation> changes = new HashMap<>();
    for (Operation operation : operations) {
      if (operation instanceof Commit commit
          && commit.result() instanceof Result.Ok<Committed>(Committed ok)) {
        all.add(new Indexed(commit, ok.index(), true));
        Operation other = changes.put(ok.index(), commit);
        if (other != null) {
          findings.add(
              Demand.REAL_TIME_ORDER,
              "two commits at one log index: %s; %s".formatted(Words.of(other), Words.of(commit)));
        }
      } else if (operation instanceof ReadHead read
          && read.result() instanceof Result.Ok<Head>(Head head)) {
        all.add(new Indexed(read, head.index(), false));
      }
    }
    all.sort(Comparator.comparingLong(Indexed::invoked));
    PriorityQueue<Indexed> running =
        new PriorityQueue<>(Comparator.comparingLong(Indexed::returned));
    Indexed highest = null;
    for (Indexed next : all) {
      while (!running.isEmpty() && running.peek().returned() < next.invoked()) {
        Indexed over = running.remove();
        highest = highest == null || over.index() > highest.index() ? over : highest;
      }
      running.add(next);
      if (highest != null
          && (next.index() < highest.index()
              || (next.change() && next.index() == highest.index()))) {
        findings.add(
            Demand.REAL_TIME_ORDER,
            "the second began after the first had ended, but its log index is not higher: %s; %s"
                .formatted(Words.of(highest.operation()), Words.of(next.operation())));
      }
    }
  }
}
