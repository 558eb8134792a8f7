package io.hydrant.testkit.history;

/**
 * A promise that was broken.
 *
 * @param message the fewest operations that show it
 */
public record Violation(Demand demand, String message) {
  @Override
  public String toString() {
    return demand + ": " + message;
  }
}
