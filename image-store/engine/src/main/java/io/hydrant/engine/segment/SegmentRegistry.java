package io.hydrant.engine.segment;

import io.hydrant.engine.model.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/** The segments there are, by number. Safe for use by many threads. */
final class SegmentRegistry {
  private final Map<Integer, Segment> segments = new ConcurrentSkipListMap<>();

  /** Adds a segment, or replaces the open one by what it became. */
  void put(Segment segment) {
    segments.put(segment.file().number(), segment);
  }

  void remove(SegmentFile file) {
    segments.remove(file.number());
  }

  /**
   * @throws IllegalStateException if it is gone: the caller should have pinned it
   */
  SegmentFile require(Address address) {
    Segment segment = segments.get(address.segment());
    if (segment == null) {
      throw new IllegalStateException(
          "segment %d is gone: pin a segment before reading it".formatted(address.segment()));
    }
    return segment.file();
  }

  boolean pin(int number) {
    Segment segment = segments.get(number);
    return segment != null && segment.file().pin();
  }

  /**
   * @throws IllegalArgumentException if there is no such sealed segment
   */
  SealedSegment requireSealed(int number) {
    Segment segment = segments.get(number);
    if (!(segment instanceof SealedSegment sealed)) {
      throw new IllegalArgumentException("segment %d is not a sealed one".formatted(number));
    }
    return sealed;
  }

  /** Those that were not released, ascending. */
  List<Segment> live() {
    List<Segment> live = new ArrayList<>();
    for (Segment segment : segments.values()) {
      if (!segment.file().isReleased()) {
        live.add(segment);
      }
    }
    return live;
  }
}
