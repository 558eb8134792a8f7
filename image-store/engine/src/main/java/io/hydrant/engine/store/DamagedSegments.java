package io.hydrant.engine.store;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.segment.SegmentLog;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.BooleanSupplier;

/**
 * Segments that are bad beside the pages in them: the most urgent victims of whoever cleans. One
 * leaves as its file is given back. Not kept over a restart: what stops a start is not seen here,
 * and the rest is found by the next scrub. Safe for use by many threads.
 */
public final class DamagedSegments implements SegmentEvacuation {
  private final SegmentLog log;
  private final Set<Integer> segments = new ConcurrentSkipListSet<>(Integer::compareUnsigned);

  /** By packed address of bad bytes that are shown: whether they still are. */
  private final Map<Long, BooleanSupplier> shown = new ConcurrentSkipListMap<>();

  DamagedSegments(SegmentLog log) {
    this.log = log;
  }

  @Override
  public void evacuate(int segment) {
    segments.add(segment);
  }

  /**
   * Bytes are bad that are shown: not to be moved, they keep their segment until good ones are in
   * their place, or nothing shows them any more. Then they are a bad part of it that would be found
   * by every pass, on a device that is not to be trusted.
   *
   * @param address packed
   * @param stillShown whether that has not come yet; any thread
   */
  void evacuateAfter(long address, BooleanSupplier stillShown) {
    shown.put(address, stillShown);
  }

  /** Those that still have to be evacuated, or given back; ascending. */
  public List<Integer> waiting() {
    shown.forEach((address, stillShown) -> {
      if (!stillShown.getAsBoolean()) {
        evacuate(Address.ofPacked(address).segment());
        shown.remove(address);
      }
    });
    if (!segments.isEmpty()) {
      segments.retainAll(log.segments().stream().map(SegmentLog.SegmentInfo::segment).toList());
    }
    return List.copyOf(segments);
  }

  boolean isWaiting(int segment) {
    return waiting().contains(segment);
  }
}
