package io.hydrant.engine.model;

/** Number of a restore session: the log index of its Pin entry, hence never used again. */
public record SessionId(long value) implements Comparable<SessionId> {
  @Override
  public int compareTo(SessionId other) {
    return Long.compare(value, other.value);
  }
}
