package io.hydrant.testkit.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Holds a history against what one store promises, however many machines and faults are behind it.
 *
 * <p>Linearizability is in general dear to decide; here it is nearly linear, because the store
 * itself shows the order: epochs of an image only grow, checkpoint ids grow with the commits, and
 * commits carry the log index. {@link ImageOrder} lines up the changes of an image by that witness;
 * {@link Placement} asks whether every answer has a place in that line between its call's
 * invocation and return. Only what has no witness is searched for, among few candidates.
 *
 * <p>A wrong answer is told once and as if the rest were right, so one defect may be told several
 * times; at most {@value #VIOLATIONS_MAX} are told.
 */
public final class HistoryChecker {
  static final int VIOLATIONS_MAX = 50;

  private HistoryChecker() {}

  /** Empty if all is well. */
  public static List<Violation> check(History history) {
    Findings findings = new Findings();
    Map<String, List<Operation>> byImage = new TreeMap<>();
    for (Operation operation : history.operations()) {
      byImage.computeIfAbsent(operation.image(), _ -> new ArrayList<>()).add(operation);
    }
    byImage.forEach((image, operations) -> {
      ImageFacts facts = ImageFacts.gather(operations, findings);
      ImageOrder order = ImageOrder.of(facts, findings);
      Placement.check(facts, order, findings);
      Retained.check(facts, order, history.keepLast().getOrDefault(image, 1), findings);
      Restores.check(facts, findings);
    });
    LogIndexes.check(history.operations(), findings);
    history.quiet().ifPresent(quiet -> atRest(quiet, findings));
    return findings.all();
  }

  private static void atRest(Quiet quiet, Findings findings) {
    quiet
        .holdMarks()
        .forEach((node, mark) -> {
          if (mark < quiet.end()) {
            findings.add(
                Demand.WHOLE_AT_REST,
                "the hold mark of %s is %d after quiet; the log ends at %d"
                    .formatted(node, mark, quiet.end()));
          }
        });
  }

  /** What was found, bounded. */
  static final class Findings {
    private final List<Violation> all = new ArrayList<>();

    void add(Demand demand, String message) {
      Violation violation = new Violation(demand, message);
      if (all.size() < VIOLATIONS_MAX && !all.contains(violation)) {
        all.add(violation);
      }
    }

    List<Violation> all() {
      return List.copyOf(all);
    }
  }
}
