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
  private volatile long capturedRepairs;

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

  /**
   * Whether everything has been done of an entry: before that, the catalog may say that a
   * checkpoint is committed whose pages are not merged, and not noted as missing either. Any
   * thread.
   */
  boolean isSettled(long index) {
    return index <= settled;
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

  /** Whether something was repaired that no flush has captured. Any thread. */
  boolean isRepairedSinceCapture() {
    return missing.repairs() != capturedRepairs;
  }

  /** Whether a flush of what was repaired would raise the mark. Any thread. */
  boolean wouldRise() {
    return isRepairedSinceCapture() && missing.markOf(settled) > flushed;
  }

  /**
   * For a flush of the state as it is now, within a change, of which {@code applied} is the last
   * entry.
   */
  Captured capture(long applied) {
    Captured captured = new Captured(missing.markOf(applied), missing.repairs());
    capturedRepairs = captured.repairs();
    return captured;
  }

  /** That flush is durable. */
  void flushed(Captured captured) {
    flushed = captured.mark();
    flushedRepairs = captured.repairs();
  }

  /** As of a flush. */
  record Captured(long mark, long repairs) {}
}
