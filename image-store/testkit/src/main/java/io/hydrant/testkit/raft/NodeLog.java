package io.hydrant.testkit.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One node's log: what it sees, and what a power cut leaves of it. Indices begin at 1.
 *
 * @param <C> commands
 */
final class NodeLog<C> {
  private final List<RaftEntry<C>> entries = new ArrayList<>();
  private final List<RaftEntry<C>> durable = new ArrayList<>();

  /** Everything up to here is gone from both: it is in the state. */
  private long baseIndex;

  private long baseTerm;

  /** First index at which the two may differ. */
  private long dirtyFrom = 1;

  long baseIndex() {
    return baseIndex;
  }

  long lastIndex() {
    return baseIndex + entries.size();
  }

  long lastTerm() {
    return termAt(lastIndex());
  }

  /** Everything up to here survives a power cut. */
  long syncedIndex() {
    return Math.min(dirtyFrom - 1, lastIndex());
  }

  /** Term of an entry, or of the base. */
  long termAt(long index) {
    return index == baseIndex ? baseTerm : get(index).term();
  }

  boolean has(long index) {
    return index > baseIndex && index <= lastIndex();
  }

  RaftEntry<C> get(long index) {
    if (!has(index)) {
      throw new IllegalStateException(
          "entry %d is not in a log of %d to %d".formatted(index, baseIndex + 1, lastIndex()));
    }
    return entries.get((int) (index - baseIndex - 1));
  }

  void append(RaftEntry<C> entry) {
    if (entry.index() != lastIndex() + 1) {
      throw new IllegalStateException(entry + " behind " + lastIndex());
    }
    entries.add(entry);
  }

  /** Drops this entry and all behind it. */
  void truncateFrom(long index) {
    entries.subList((int) (index - baseIndex - 1), entries.size()).clear();
    dirtyFrom = Math.min(dirtyFrom, index);
  }

  void sync() {
    int same = (int) Math.min(dirtyFrom - baseIndex - 1, durable.size());
    durable.subList(same, durable.size()).clear();
    durable.addAll(entries.subList(same, entries.size()));
    dirtyFrom = lastIndex() + 1;
  }

  /**
   * Of what was not synced, a beginning is left, or what was there before: writes reach the disk in
   * order.
   */
  void powerCut(RandomGenerator random) {
    int same = (int) Math.min(dirtyFrom - baseIndex - 1, durable.size());
    if (random.nextBoolean()) {
      int kept = same + random.nextInt(entries.size() - same + 1);
      durable.clear();
      durable.addAll(entries.subList(0, kept));
    }
    entries.clear();
    entries.addAll(durable);
    dirtyFrom = lastIndex() + 1;
  }

  /** Drops entries whose effects are durable in the state. */
  void purge(long upTo) {
    if (upTo > syncedIndex()) {
      throw new IllegalStateException("purge of unsynced entries up to " + upTo);
    }
    baseTerm = termAt(upTo);
    int count = (int) (upTo - baseIndex);
    entries.subList(0, count).clear();
    durable.subList(0, count).clear();
    baseIndex = upTo;
  }

  /** The state is that of a later place in the log: nothing here is of use but what follows it. */
  void restart(long term, long index) {
    if (has(index) && get(index).term() == term && index <= syncedIndex()) {
      purge(index);
      return;
    }
    entries.clear();
    durable.clear();
    baseIndex = index;
    baseTerm = term;
    dirtyFrom = index + 1;
  }

  /** The newest entry that says who the members are; null if none here does. */
  @Nullable RaftMembers members() {
    for (int i = entries.size() - 1; i >= 0; i--) {
      if (entries.get(i).payload() instanceof RaftEntry.Payload.Configured<C> configured) {
        return configured.members();
      }
    }
    return null;
  }
}
