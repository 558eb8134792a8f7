package io.hydrant.testkit.history;

/** What a history is held against. */
public enum Demand {
  /** A call that ended before another began also comes before it in the log. */
  REAL_TIME_ORDER,
  /** Epoch and head of an image change in one order, in which every answer is right. */
  ONE_HEAD,
  /** An acknowledged checkpoint is there until retention may take it. */
  NOTHING_LOST,
  /** What was reported as failed, or sent by nobody, is never visible. */
  FAILED_INVISIBLE,
  /** An unknown outcome that was seen stays as it was seen. */
  FATE_FIXED,
  /** A restore gives exactly the checkpoint that its session names. */
  EXACT_RESTORE,
  /** A session that is kept alive never ends. */
  SESSION_KEPT,
  /** After quiet every voter holds everything. */
  WHOLE_AT_REST,
  /** Nothing is committed under an epoch that was taken over. */
  NO_STALE_EPOCH
}
