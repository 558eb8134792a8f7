package io.hydrant.chaos.load;

import io.hydrant.testkit.history.HistoryFile;
import io.hydrant.v1.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Counts for the report, and faults and violations as they come, which go into the history at once.
 * Safe for use by several threads.
 */
public final class Tally {
  public static final String ACKNOWLEDGED = "checkpoints acknowledged";
  public static final String RESTORED = "images restored and compared";

  /** Kinds of remarks in a history. */
  public static final String FAULT = "fault";

  public static final String VIOLATION = "violation";

  private static final int VIOLATIONS_MAX = 100;

  private final Consumer<String> said;
  private final HistoryFile history;
  private final SortedMap<String, Long> counts = new TreeMap<>();
  private final List<String> violations = new ArrayList<>();
  private long faults;
  private long acknowledgedNanos;
  private long longestGapNanos;

  /**
   * @param said hears of violations at once
   */
  public Tally(Consumer<String> said, HistoryFile history) {
    this.said = said;
    this.history = history;
  }

  public synchronized void count(String what) {
    counts.merge(what, 1L, Long::sum);
  }

  public synchronized long counted(String what) {
    return counts.getOrDefault(what, 0L);
  }

  public synchronized SortedMap<String, Long> counts() {
    return new TreeMap<>(counts);
  }

  void refused(Reason reason) {
    count("refused: " + reason.name().substring("REASON_".length()));
  }

  /** A fault was done. */
  public synchronized void fault(String name) {
    faults++;
    history.remark(FAULT, name);
  }

  public synchronized long faults() {
    return faults;
  }

  public synchronized void violation(String what) {
    said.accept("VIOLATION: " + what);
    if (violations.size() < VIOLATIONS_MAX) {
      violations.add(what);
      history.remark(VIOLATION, what);
    }
  }

  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }

  /** A checkpoint of any image was acknowledged. */
  synchronized void acknowledged() {
    long now = System.nanoTime();
    if (acknowledgedNanos != 0) {
      longestGapNanos = Math.max(longestGapNanos, now - acknowledgedNanos);
    }
    acknowledgedNanos = now;
    count(ACKNOWLEDGED);
  }

  /** A gap that has not ended by now counts as well. */
  public synchronized void endOfLoad() {
    if (acknowledgedNanos != 0) {
      longestGapNanos = Math.max(longestGapNanos, System.nanoTime() - acknowledgedNanos);
    }
    acknowledgedNanos = 0;
  }

  /** Longest time without an acknowledged checkpoint of any image, since the first one. */
  public synchronized double longestGapSeconds() {
    return longestGapNanos / 1e9;
  }
}
