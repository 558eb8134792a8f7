package io.hydrant.engine.model;

/**
 * Which voters must hold every byte of a checkpoint durably before its commit may be proposed;
 * codes are persistent.
 */
public enum Durability {
  /** A majority: losing any minority loses nothing that was acknowledged. */
  QUORUM(0),
  /** All of them: losing all but one loses nothing, but one that is away stops the image. */
  ALL(1);

  private final int code;

  Durability(int code) {
    this.code = code;
  }

  public int code() {
    return code;
  }

  /**
   * @throws IllegalArgumentException if the code is unknown
   */
  public static Durability ofCode(int code) {
    for (Durability durability : values()) {
      if (durability.code == code) {
        return durability;
      }
    }
    throw new IllegalArgumentException("unknown durability " + code);
  }
}
