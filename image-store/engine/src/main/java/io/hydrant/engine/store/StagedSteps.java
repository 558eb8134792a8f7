package io.hydrant.engine.store;

import java.util.Arrays;

/**
 * In which order a receiver took its steps: four bytes a step, since records are numbered by kind.
 * Step 0 is the open and is not kept. Guarded by its owner.
 */
final class StagedSteps {
  /** What a step added. */
  enum Kind {
    PATCH,
    ZERO_TRACTS,
    SLIM
  }

  private static final int NUMBER_BITS = 29;
  private static final Kind[] KINDS = Kind.values();

  private int[] steps = new int[4];
  private int size;

  /**
   * @param number place among the steps of this kind, from 0
   */
  void add(Kind kind, int number) {
    if (number >>> NUMBER_BITS != 0) {
      throw new IllegalArgumentException("more than 2^29 steps of kind " + kind);
    }
    if (size == steps.length) {
      steps = Arrays.copyOf(steps, 2 * size);
    }
    steps[size++] = kind.ordinal() << NUMBER_BITS | number;
  }

  /** The last step's sequence, the open's if there was none. */
  int last() {
    return size;
  }

  Kind kind(long sequence) {
    return KINDS[steps[index(sequence)] >>> NUMBER_BITS];
  }

  int number(long sequence) {
    return steps[index(sequence)] & (1 << NUMBER_BITS) - 1;
  }

  private int index(long sequence) {
    return java.util.Objects.checkIndex((int) sequence - 1, size);
  }
}
