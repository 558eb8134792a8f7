package io.hydrant.engine.store;

import java.util.HashMap;
import java.util.Map;

/**
 * Payload bytes of each segment that a pass has verified by way of what points to them. One thread.
 */
final class VerifiedBytes {
  private final Map<Integer, Long> bySegment = new HashMap<>();

  void add(int segment, long bytes) {
    bySegment.merge(segment, bytes, Long::sum);
  }

  void addAll(VerifiedBytes other) {
    other.bySegment.forEach(this::add);
  }

  long of(int segment) {
    return bySegment.getOrDefault(segment, 0L);
  }

  void clear() {
    bySegment.clear();
  }
}
