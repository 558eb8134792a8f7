package io.hydrant.testkit.simulation.cluster;

/** A machine's wall clock: it may be wrong, jump, stop, or run at another speed. */
final class SimulatedClock {
  private static final long START_MILLIS = 1_700_000_000_000L;

  private long baseMillis = START_MILLIS;
  private long baseNanos;
  private int halves = 2;

  long millis(long nanos) {
    return baseMillis + (nanos - baseNanos) / 2_000_000 * halves;
  }

  void jump(long nanos, long millis) {
    baseMillis = millis(nanos) + millis;
    baseNanos = nanos;
  }

  /**
   * @param rate 0: it stops; 1: as it should; 2: twice as fast
   */
  void setRate(long nanos, int rate) {
    baseMillis = millis(nanos);
    baseNanos = nanos;
    halves = 2 * rate;
  }
}
