package io.hydrant.engine.clean;

import java.io.IOException;

/**
 * Holds cleaning back while it copies: called by the cleaner's thread, outside of all locks, and
 * returns when it may go on.
 */
@FunctionalInterface
public interface CleaningPace {
  /** Never waits. */
  CleaningPace NONE = (_, _) -> {};

  /** How urgent cleaning is at the moment, 0 to 1: the more, the less is to be waited. */
  @FunctionalInterface
  interface Urgency {
    /** Looks at all segments: not to be asked all the time. */
    double now() throws IOException;
  }

  /**
   * @param bytes that were read and written again
   */
  void copied(long bytes, Urgency urgency) throws IOException;
}
