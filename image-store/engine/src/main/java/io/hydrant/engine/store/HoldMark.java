package io.hydrant.engine.store;

/**
 * The log index up to which this replica holds durably every page that is still reachable
 * (PROTOCOL, words; R16, R17). What was merged from records of the log counts at once: recovery
 * finds them again. What was repaired counts when the index has it: until then the mark is that of
 * the last flush.
 */
final class HoldMark {
  private final MissingTracts missing;
  private final StoreEvents events;

  /** The last entry of which everything has been done. */
  private volatile long settled;

  private volatile long flushed;
  private volatile long flushedRepairs;

  private long told;

  /**
   * @param position of the flush that recovery began with
   * @param missing as of that flush
   */
  HoldMark(long position, MissingTracts missing, StoreEvents events) {
    this.missing = missing;
    this.events = events;
    this.settled = position;
    this.flushed = missing.markOf(position);
  }

  /** An entry and all its effects are done. Within a change. */
  void settled(long index) {
    settled = index;
  }

  /** Any thread. */
  synchronized long value() {
    // In this order: what an entry leaves missing is noted before the entry is settled, and a
    // repair is counted before what it fills is not missing any more.
    long mark = missing.markOf(settled);
    if (missing.repairs() != flushedRepairs) {
      mark = Math.min(mark, flushed);
    }
    if (mark < told) {
      events.on(new StoreEvent.HoldMarkFell(told, mark));
    }
    told = mark;
    return mark;
  }

  /** For a flush of the state as it is now, of which {@code applied} is the last entry. */
  Captured capture(long applied) {
    return new Captured(missing.markOf(applied), missing.repairs());
  }

  /** That flush is durable. */
  void flushed(Captured captured) {
    flushed = captured.mark();
    flushedRepairs = captured.repairs();
  }

  /** As of a flush. */
  record Captured(long mark, long repairs) {}
}
