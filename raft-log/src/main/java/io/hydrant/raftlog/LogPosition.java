package io.hydrant.raftlog;

/** Place of an entry in the log. Index -1: before the first. */
public record LogPosition(long term, long index) {
  public static final LogPosition NONE = new LogPosition(0, -1);
}
