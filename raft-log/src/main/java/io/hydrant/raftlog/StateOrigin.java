package io.hydrant.raftlog;

/** How the state with which a life begins came about: what the log beside it may look like. */
public enum StateOrigin {
  /** By applying this log, or it is empty: the log reaches at least as far as the state. */
  REPLAYED,
  /**
   * By an install since which no snapshot of its own was taken: a crash may have come before the
   * log was purged, so it may end before the state, or be blank.
   */
  INSTALLED,
  /**
   * By an operator who made a new group out of this state: the log begins behind it, or is blank.
   */
  RECOVERED
}
