package io.hydrant.chaos;

import io.hydrant.chaos.load.Tally;
import io.hydrant.testkit.history.HistoryChecker;
import io.hydrant.testkit.history.Operation;
import io.hydrant.testkit.history.Operation.Commit;
import io.hydrant.testkit.history.Operation.Restore;
import io.hydrant.testkit.history.RecordedHistory;
import io.hydrant.testkit.history.RecordedHistory.Remark;
import io.hydrant.testkit.history.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Judges a run by what it wrote down, just after it or whenever; also one that was cut off. */
final class Judgement {
  /** Kinds of remarks, beside those of {@link Tally}. */
  static final String SEED = "seed";

  static final String STRETCH = "stretch";
  static final String REPEAT = "repeat";
  static final String GAP = "gap";
  static final String COUNT = "count";

  private Judgement() {}

  /**
   * @param directory of the run
   * @throws RecordedHistory.MalformedException its history is none
   * @throws java.nio.file.NoSuchFileException it has none
   */
  static Outcome of(Path directory) throws IOException {
    RecordedHistory recorded = RecordedHistory.read(directory.resolve(RecordedHistory.FILE_NAME));
    List<Operation> operations = recorded.history().operations();
    List<String> violations = new ArrayList<>();
    SortedMap<String, Long> faults = new TreeMap<>();
    SortedMap<String, Long> counts = new TreeMap<>();
    SortedMap<String, String> said = new TreeMap<>();
    for (Remark remark : recorded.remarks()) {
      switch (remark.kind()) {
        case Tally.FAULT -> faults.merge(remark.text(), 1L, Long::sum);
        case Tally.VIOLATION -> violations.add(remark.text());
        case COUNT -> count(remark.text(), counts);
        default -> said.put(remark.kind(), remark.text());
      }
    }
    HistoryChecker.check(recorded.history())
        .forEach(violation -> violations.add(violation.toString()));
    counts.remove(Tally.ACKNOWLEDGED);
    counts.remove(Tally.RESTORED);
    return new Outcome(
        directory,
        recorded.ended(),
        said.getOrDefault(SEED, ""),
        seconds(operations),
        Double.parseDouble(said.getOrDefault(STRETCH, "0")),
        operations.size(),
        operations.stream().filter(Judgement::isAcknowledged).count(),
        operations.stream().filter(Judgement::isRestored).count(),
        Math.max(longestGap(operations), Double.parseDouble(said.getOrDefault(GAP, "0"))),
        faults,
        counts,
        violations,
        said.getOrDefault(REPEAT, ""));
  }

  private static void count(String text, SortedMap<String, Long> counts) {
    int space = text.indexOf(' ');
    counts.put(text.substring(space + 1), Long.parseLong(text.substring(0, space)));
  }

  private static boolean isAcknowledged(Operation operation) {
    return operation instanceof Commit && operation.result() instanceof Result.Ok<?>;
  }

  private static boolean isRestored(Operation operation) {
    return operation instanceof Restore && operation.result() instanceof Result.Ok<?>;
  }

  private static double seconds(List<Operation> operations) {
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;
    for (Operation operation : operations) {
      first = Math.min(first, operation.during().invoked());
      last = Math.max(last, operation.during().invoked());
    }
    return operations.isEmpty() ? 0 : (last - first) / 1e9;
  }

  private static double longestGap(List<Operation> operations) {
    long[] acknowledged =
        operations.stream()
            .filter(Judgement::isAcknowledged)
            .mapToLong(operation -> operation.during().returned())
            .sorted()
            .toArray();
    long longest = 0;
    for (int next = 1; next < acknowledged.length; next++) {
      longest = Math.max(longest, acknowledged[next] - acknowledged[next - 1]);
    }
    return longest / 1e9;
  }
}
