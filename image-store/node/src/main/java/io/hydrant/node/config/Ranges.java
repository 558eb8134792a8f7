package io.hydrant.node.config;

/** Checks of numbers that were configured. */
final class Ranges {
  private Ranges() {}

  static void check(String key, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          "%s must be %d to %d, not %d".formatted(key, min, max, value));
    }
  }
}
