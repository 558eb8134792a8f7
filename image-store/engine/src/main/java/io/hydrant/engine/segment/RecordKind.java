package io.hydrant.engine.segment;

/** Kinds of records in a segment; codes are persistent. */
public enum RecordKind {
  /** Changed pages of one tract. */
  PATCH(1),
  /** One chunk of a slim state. */
  SLIM(2),
  /** Last record of a checkpoint: its patches in order, its zero tracts, its digest. */
  MANIFEST(3),
  /** Last record of a sealed segment. */
  FOOTER(4),
  /** Pages of one tract, of several checkpoints: from another replica, or from a dead segment. */
  MOVED(5),
  /** One chunk of a slim state, in the same way. */
  MOVED_SLIM(6);

  private final int code;

  RecordKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }
}
