package io.hydrant.engine.store;

import io.hydrant.engine.model.TractKey;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Which tracts are read in many pieces: for each, the device reads that would not have been
 * necessary if its pages lay in order, summed over all reads of ranges. That is how scattered it is
 * times how often it is read, measured where it hurts. Any thread.
 */
final class ScatteredReads {
  /** Of some hundred bytes each. */
  private static final int TRACTS_MAX = 16 << 10;

  /** A range that begins within a record has a piece more, though all is in order. */
  private static final int DUE_MIN = 8;

  private final Map<TractKey, Count> counts = new HashMap<>();

  private static final class Count {
    long pieces;

    /** With fewer it is not worth a look, or was found not to be. */
    long due = DUE_MIN;
  }

  /** A tract was read in so many pieces too many. */
  synchronized void add(TractKey tract, int pieces) {
    if (counts.size() >= TRACTS_MAX && !counts.containsKey(tract)) {
      forgetSeldom();
    }
    counts.computeIfAbsent(tract, _ -> new Count()).pieces += pieces;
  }

  /** Makes room: whatever matters comes again. */
  private void forgetSeldom() {
    double mean = counts.values().stream().mapToLong(count -> count.pieces).average().orElse(0);
    counts.values().removeIf(count -> count.pieces <= mean);
  }

  /** The tract that cost the most, of those that may be worth it. */
  synchronized Optional<TractKey> worst() {
    return counts.entrySet().stream()
        .filter(entry -> entry.getValue().pieces >= entry.getValue().due)
        .max((a, b) -> Long.compare(a.getValue().pieces, b.getValue().pieces))
        .map(Map.Entry::getKey);
  }

  synchronized long pieces(TractKey tract) {
    Count count = counts.get(tract);
    return count == null ? 0 : count.pieces;
  }

  /** It is worth it with so many pieces, not before. */
  synchronized void dueAt(TractKey tract, long pieces) {
    Count count = counts.get(tract);
    if (count != null) {
      count.due = pieces;
    }
  }

  /** It lies in order now, or does not exist any more. */
  synchronized void forget(TractKey tract) {
    counts.remove(tract);
  }
}
