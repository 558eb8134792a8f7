package io.hydrant.testkit.history;

/**
 * When a call ran. All times of a history are of one clock, in one unit.
 *
 * @param invoked just before it
 * @param returned just after its answer; not before {@code invoked}
 */
public record Interval(long invoked, long returned) {
  public Interval {
    if (returned < invoked) {
      throw new IllegalArgumentException("returned at " + returned + ", invoked at " + invoked);
    }
  }

  @Override
  public String toString() {
    return "[" + invoked + ", " + returned + "]";
  }
}
