package io.hydrant.testkit.history;

/** What a caller was told. */
public sealed interface Result<T> {
  /** It happened. */
  record Ok<T>(T value) implements Result<T> {}

  /** It did not happen and never will. */
  record Failed<T>(Why why) implements Result<T> {}

  /** It may have happened, or may happen yet. */
  record Unknown<T>() implements Result<T> {}

  /** Reasons that say something of the store's state; everything else is {@link #OTHER}. */
  enum Why {
    /** Another epoch is current. */
    STALE_EPOCH,
    /** No such checkpoint, or one that has not committed. */
    NOT_COMMITTED,
    /** It was committed, and retention has taken it. */
    RETIRED,
    /** The session has ended. */
    GONE,
    /** Bytes are damaged and no replica has better ones. */
    DAMAGED,
    /**
     * No answer in time, no space, a broken stream: nothing that a checker could hold against it.
     */
    OTHER
  }
}
