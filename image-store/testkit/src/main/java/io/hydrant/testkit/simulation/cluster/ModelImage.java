package io.hydrant.testkit.simulation.cluster;

import java.util.TreeMap;
import java.util.TreeSet;

/** One image as the entries of the log make it, by rules written down a second time. */
final class ModelImage {
  enum Fate {
    OPEN,
    COMMITTED,
    RETIRED,
    ABORTED
  }

  /**
   * @param base 0: full
   * @param index of its commit
   */
  record Committed(VmContent vm, long base, long index) {}

  /**
   * @param base 0: full
   */
  record Open(long base, long epoch) {}

  final int keepLast;
  long epoch;
  String owner = "";
  boolean deleting;
  long head;
  final TreeMap<Long, Fate> fates = new TreeMap<>();
  final TreeMap<Long, Open> open = new TreeMap<>();
  final TreeMap<Long, Committed> committed = new TreeMap<>();

  /** By session, its checkpoint. */
  final TreeMap<Long, Long> pins = new TreeMap<>();

  ModelImage(int keepLast) {
    this.keepLast = keepLast;
  }

  Fate fate(long id) {
    return fates.getOrDefault(id, Fate.ABORTED);
  }

  /** Ends all open ones but those that a new one on this base builds on. */
  void abortBeside(long base) {
    TreeSet<Long> beside = new TreeSet<>(open.keySet());
    long ancestor = base;
    while (beside.remove(ancestor)) {
      ancestor = open.getOrDefault(ancestor, new Open(0, 0)).base();
    }
    beside.forEach(this::abort);
  }

  void abort(long id) {
    if (open.remove(id) != null) {
      fates.put(id, Fate.ABORTED);
      for (long other : new TreeSet<>(open.keySet())) {
        Open child = open.get(other);
        if (child != null && child.base() == id) {
          abort(other);
        }
      }
    }
  }

  /** Whether a retirement must leave a checkpoint out. */
  boolean isHeld(long id) {
    return id == head || pins.containsValue(id) || committed.tailMap(id, false).size() < keepLast;
  }
}
