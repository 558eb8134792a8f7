package io.hydrant.engine.clean;

/**
 * Holds cleaning back while it copies: called by the cleaner's thread after each tract, outside of
 * all locks, and returns when it may go on.
 */
@FunctionalInterface
public interface CleaningPace {
  /** Never waits. */
  CleaningPace NONE = (_, _) -> {};

  /**
   * @param bytes that were read and written again
   * @param urgency of cleaning, 0 to 1: the greater, the less is to be waited
   */
  void copied(long bytes, double urgency);
}
