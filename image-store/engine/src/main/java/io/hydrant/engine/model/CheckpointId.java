package io.hydrant.engine.model;

/** Number of a checkpoint within its image: given by the catalog, ascending, never used again. */
public record CheckpointId(long value) implements Comparable<CheckpointId> {
  /** Page maps keep the number in 48 bits: a checkpoint a millisecond for 8,900 years. */
  public static final long MAX = (1L << 48) - 2;

  public CheckpointId {
    if (value <= 0 || value > MAX) {
      throw new IllegalArgumentException("checkpoint id out of range: " + value);
    }
  }

  @Override
  public int compareTo(CheckpointId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return "checkpoint " + value;
  }
}
