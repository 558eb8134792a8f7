package io.hydrant.testkit.history;

/** What a checkpoint was sent to build on. */
public sealed interface Base {
  /** Nothing: it accounts for every page. */
  record Nothing() implements Base {}

  /** A committed checkpoint. */
  record Checkpoint(long id) implements Base {}

  /**
   * A checkpoint that was in flight.
   *
   * @param number {@link Operation.Commit#attempt} of the same image
   */
  record Attempt(long number) implements Base {}
}
