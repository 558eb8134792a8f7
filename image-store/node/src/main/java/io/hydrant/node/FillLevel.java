package io.hydrant.node;

import io.hydrant.engine.clean.SegmentsInUse;
import io.hydrant.engine.segment.SegmentLog;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.Optional;

/** How full this node's store is: two thresholds, one that warns and one that refuses. */
public final class FillLevel {
  private static final int PERCENT = 100;

  private final ImageStore store;
  private final int warnPercent;

  /**
   * @param warnPercent of the capacity: less room is low
   */
  FillLevel(ImageStore store, int warnPercent) {
    this.store = store;
    this.warnPercent = warnPercent;
  }

  /**
   * @param capacityBytes what the files take, and may take in addition
   * @param fileBytes what they take
   * @param roomBytes page bytes that can be appended above the reserve
   * @param low whether that, and what dead segments will give back, is less than somebody should be
   *     warned of
   * @param refusal why new checkpoints are refused; empty: they are not
   */
  public record Now(
      long capacityBytes, long fileBytes, long roomBytes, boolean low, Optional<String> refusal) {}

  /** Any thread. */
  public Now now() throws IOException {
    SegmentLog.Space files = store.files();
    long capacity = files.freeBytes() + files.fileBytes();
    long room = store.roomBytes();
    // What is dead is given back when there is enough of it: nobody has to do anything for it.
    long dead = store.cleaner().look().map(SegmentsInUse::deadBytes).orElse(0L);
    boolean low = room + dead < capacity / PERCENT * warnPercent;
    return new Now(capacity, files.fileBytes(), room, low, refusal());
  }

  private Optional<String> refusal() throws IOException {
    try {
      store.admitOpen();
      return Optional.empty();
    } catch (Refusal refused) {
      return Optional.ofNullable(refused.getMessage());
    }
  }
}
