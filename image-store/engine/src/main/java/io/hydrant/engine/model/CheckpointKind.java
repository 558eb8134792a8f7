package io.hydrant.engine.model;

/** Whether a checkpoint stands alone; codes are persistent. */
public enum CheckpointKind {
  /** Accounts for every page of every region. */
  FULL(1),
  /** Holds what changed since its base. */
  INCREMENTAL(2);

  private final int code;

  CheckpointKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /**
   * @throws IllegalArgumentException if the code is unknown
   */
  public static CheckpointKind ofCode(int code) {
    for (CheckpointKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("unknown checkpoint kind " + code);
  }
}
