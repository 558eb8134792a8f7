package io.hydrant.engine.store;

import io.hydrant.engine.segment.SegmentLog;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/**
 * Segments that are bad beside the pages in them: the most urgent victims of whoever cleans. One
 * leaves as its file is given back. Not kept over a restart: what stops a start is not seen here,
 * and the rest is found by the next scrub. Safe for use by many threads.
 */
public final class DamagedSegments implements SegmentEvacuation {
  private final SegmentLog log;
  private final Set<Integer> segments = new ConcurrentSkipListSet<>(Integer::compareUnsigned);

  DamagedSegments(SegmentLog log) {
    this.log = log;
  }

  @Override
  public void evacuate(int segment) {
    segments.add(segment);
  }

  /** Those that still have to be evacuated, or given back; ascending. */
  public List<Integer> waiting() {
    if (!segments.isEmpty()) {
      segments.retainAll(log.segments().stream().map(SegmentLog.SegmentInfo::segment).toList());
    }
    return List.copyOf(segments);
  }

  boolean isWaiting(int segment) {
    return waiting().contains(segment);
  }
}
