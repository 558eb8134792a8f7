package io.hydrant.engine.model;

/** Place of an entry in the replicated log. */
public record EntryPosition(long term, long index) implements Comparable<EntryPosition> {
  /** Before the first entry. */
  public static final EntryPosition NONE = new EntryPosition(0, -1);

  @Override
  public int compareTo(EntryPosition other) {
    return Long.compare(index, other.index);
  }
}
