package io.hydrant.engine.store;

import java.util.HashMap;
import java.util.Map;

/**
 * Segments that hold bytes which were appended to be pointed to, and are not pointed to yet: no
 * snapshot may take them for dead meanwhile. Safe for use by many threads.
 */
final class MovedSegments {
  private final Map<Integer, Integer> counts = new HashMap<>();

  /** Noted before the log's end counts the record, so that a capture that counts it sees it. */
  synchronized void add(int segment) {
    counts.merge(segment, 1, Integer::sum);
  }

  /**
   * What was added is pointed to now, or never will be. Within a change, or nothing points there.
   */
  synchronized void remove(int segment) {
    counts.computeIfPresent(segment, (_, count) -> count == 1 ? null : count - 1);
  }

  synchronized boolean has(int segment) {
    return counts.containsKey(segment);
  }
}
