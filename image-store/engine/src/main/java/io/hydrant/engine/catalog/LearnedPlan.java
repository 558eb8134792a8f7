package io.hydrant.engine.catalog;

import java.util.Arrays;

/**
 * The order in which restores of an image want pages, as it was learned so far. The catalog does
 * not look into it: it is a hint, which costs time where it is wrong and nothing else.
 */
public final class LearnedPlan {
  /** No restore has been learned from. */
  public static final LearnedPlan NONE = new LearnedPlan(0, new byte[0]);

  private final long version;
  private final byte[] bytes;

  /**
   * @param version how often it was learned anew
   * @param bytes as {@code engine.plan.PlanFormat} has it; empty: nothing is known
   */
  public LearnedPlan(long version, byte[] bytes) {
    if (version < 0 || bytes.length > CatalogLimits.PLAN_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a plan has at most %d bytes, not %d, in version %d"
              .formatted(CatalogLimits.PLAN_BYTES_MAX, bytes.length, version));
    }
    this.version = version;
    this.bytes = bytes.clone();
  }

  public long version() {
    return version;
  }

  public byte[] bytes() {
    return bytes.clone();
  }

  /** How many bytes it has. */
  public int size() {
    return bytes.length;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LearnedPlan that
        && version == that.version
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "plan of version %d, %d bytes".formatted(version, bytes.length);
  }
}
