package io.hydrant.engine.repair;

import io.hydrant.engine.repair.RepairPlan.Task;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * One task at one source, from the list to the last tract. Guarded by its {@link RepairRounds}.
 *
 * <pre>
 * new       the list is being asked for
 * listed    tracts are compared and fetched
 * ended     nothing left and nobody at it; or given up, and nobody at it
 * </pre>
 */
final class RepairWork {
  /** Reading that many maps takes tens of milliseconds. */
  private static final int COMPARED_AT_ONCE = 256;

  /** Enough for one sync, and not too much to hold in memory. */
  private static final long FETCHED_AT_ONCE_BYTES = 8L << 20;

  private static final int FETCHED_AT_ONCE = 64;

  private final Task task;
  private final RepairSource source;
  private final Deque<TractSummary> compare = new ArrayDeque<>();
  private final Deque<TractSummary> fetch = new ArrayDeque<>();
  private boolean slim;
  private int claims;
  private boolean givenUp;
  private boolean progressed;
  private long fetchBytes;

  RepairWork(Task task, RepairSource source) {
    this.task = task;
    this.source = source;
  }

  Task task() {
    return task;
  }

  RepairSource source() {
    return source;
  }

  boolean hasClaims() {
    return claims > 0;
  }

  boolean hasProgressed() {
    return progressed;
  }

  void progressed() {
    progressed = true;
  }

  boolean isEnded() {
    return claims == 0 && (givenUp || compare.isEmpty() && fetch.isEmpty() && !slim);
  }

  boolean hasWork() {
    return !givenUp && !(compare.isEmpty() && fetch.isEmpty() && !slim);
  }

  long fetchBytes() {
    return givenUp ? 0 : fetchBytes;
  }

  void claimed() {
    claims++;
  }

  void settled() {
    claims--;
  }

  void giveUp() {
    givenUp = true;
  }

  void toCompare(List<TractSummary> tracts) {
    compare.addAll(tracts);
  }

  void toFetch(List<TractSummary> tracts) {
    fetch.addAll(tracts);
    tracts.forEach(tract -> fetchBytes += tract.bytes());
  }

  void toFetchSlim() {
    slim = true;
  }

  boolean takeSlim() {
    boolean wanted = slim;
    slim = false;
    return wanted;
  }

  List<TractSummary> takeCompare() {
    List<TractSummary> taken = new ArrayList<>();
    while (taken.size() < COMPARED_AT_ONCE && !compare.isEmpty()) {
      taken.add(compare.removeFirst());
    }
    return taken;
  }

  List<TractSummary> takeFetch() {
    List<TractSummary> taken = new ArrayList<>();
    long bytes = 0;
    while (!fetch.isEmpty()
        && taken.size() < FETCHED_AT_ONCE
        && (taken.isEmpty() || bytes + fetch.getFirst().bytes() <= FETCHED_AT_ONCE_BYTES)) {
      TractSummary tract = fetch.removeFirst();
      bytes += tract.bytes();
      taken.add(tract);
    }
    fetchBytes -= bytes;
    return taken;
  }
}
