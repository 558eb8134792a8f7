package io.hydrant.engine.model;

/** What a region holds; codes are persistent. */
public enum RegionKind {
  MEMORY(1),
  ROM(2),
  DISK(3),
  OTHER(4);

  private final int code;

  RegionKind(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /**
   * @throws IllegalArgumentException if the code is unknown
   */
  public static RegionKind ofCode(int code) {
    for (RegionKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    throw new IllegalArgumentException("unknown region kind " + code);
  }
}
