package io.hydrant.engine.segment;

/** What an append is for: it says which part of a device's space it may take. */
public enum AppendUse {
  /** What comes from protectors and from other replicas: leaves the whole reserve. */
  INGEST,

  /**
   * Survivors of segments that are cleaned: leaves half of the reserve to the replicated log and
   * the index, of a small one less. Else a disk that is full of segments none of which is dead
   * would stay full for ever (PROTOCOL R13).
   */
  CLEANING
}
