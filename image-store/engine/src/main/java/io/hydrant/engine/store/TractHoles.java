package io.hydrant.engine.store;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which checkpoints on the line of a retained one a replica's rows of a tract leave out: of every
 * other checkpoint on that line it has what changed the tract, the newest version of each page at
 * least.
 *
 * @param unknown it may be any of them, and rows that are here may be wrong
 * @param missing ids, ascending; runs neither overlap nor touch
 */
public record TractHoles(boolean unknown, List<Run> missing) {
  public static final TractHoles NONE = new TractHoles(false, List.of());

  static final TractHoles UNKNOWN = new TractHoles(true, List.of());

  public TractHoles {
    missing = List.copyOf(missing);
  }

  /**
   * Ids that are missing, or not on the line.
   *
   * @param last inclusive
   */
  public record Run(long first, long last) {
    public Run {
      if (first < 1 || last < first) {
        throw new IllegalArgumentException("a run from %d to %d".formatted(first, last));
      }
    }
  }

  /** Of what is known to be missing, in any order. */
  public static TractHoles of(List<Run> missing) {
    List<Run> sorted = new ArrayList<>(missing);
    sorted.sort(Comparator.comparingLong(Run::first));
    List<Run> runs = new ArrayList<>();
    for (Run run : sorted) {
      if (!runs.isEmpty() && runs.getLast().last() >= run.first() - 1) {
        Run before = runs.removeLast();
        runs.add(new Run(before.first(), Math.max(before.last(), run.last())));
      } else {
        runs.add(run);
      }
    }
    return new TractHoles(false, runs);
  }

  /** Whether what a checkpoint wrote is known to be left out. */
  public boolean leavesOut(long checkpoint) {
    return missing.stream().anyMatch(run -> run.first() <= checkpoint && checkpoint <= run.last());
  }

  /** Whether the tract is here. */
  public boolean isNone() {
    return !unknown && missing.isEmpty();
  }

  /**
   * Whether what is left out in one place is there in the other: then the newer of both versions of
   * each page is the newest one. Rows that may be wrong are not mixed with any.
   */
  public boolean complements(TractHoles other) {
    return !unknown && !other.unknown && isDisjoint(missing, other.missing);
  }

  private static boolean isDisjoint(List<Run> one, List<Run> other) {
    int i = 0;
    int k = 0;
    while (i < one.size() && k < other.size()) {
      if (one.get(i).last() < other.get(k).first()) {
        i++;
      } else if (other.get(k).last() < one.get(i).first()) {
        k++;
      } else {
        return false;
      }
    }
    return true;
  }
}
