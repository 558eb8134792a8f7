package io.hydrant.engine.segment;

/**
 * What an append is for: it says which part of a device's space it may take, and which of the log's
 * two streams it goes to, each with segments of its own.
 */
public enum AppendUse {
  /** What comes from protectors and from other replicas: leaves the whole reserve. */
  INGEST,

  /**
   * Survivors of segments that are cleaned: what lived until then lives long, and is not moved
   * again and again if it does not lie among what is new (Rosenblum and Ousterhout, 3.5). Leaves
   * half of the reserve to the replicated log and the index, of a small one less. Else a disk that
   * is full of segments none of which is dead would stay full for ever (PROTOCOL R13).
   */
  CLEANING
}
