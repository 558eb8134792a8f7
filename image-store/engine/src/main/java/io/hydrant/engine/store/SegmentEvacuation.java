package io.hydrant.engine.store;

/** Whom to tell that everything live in a segment has to be moved elsewhere. */
@FunctionalInterface
public interface SegmentEvacuation {
  /**
   * Asks for it; does not wait, and is repeatable. Any thread.
   *
   * @param segment a sealed one
   */
  void evacuate(int segment);
}
