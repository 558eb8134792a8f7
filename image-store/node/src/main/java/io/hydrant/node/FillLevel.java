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
   * @param segments what is in them
   * @param low whether what room there is, and what dead segments will give back, is less than
   *     somebody should be warned of
   * @param refusal why new checkpoints are refused; empty: they are not
   */
  public record Now(
      long capacityBytes,
      long fileBytes,
      SegmentsInUse segments,
      boolean low,
      Optional<String> refusal) {
    /** Page bytes that can be appended before new checkpoints are refused. */
    public long roomBytes() {
      return segments.roomBytes();
    }
  }

  /** Any thread. */
  public Now now() throws IOException {
    SegmentLog.Space files = store.files();
    long capacity = files.freeBytes() + files.fileBytes();
    SegmentsInUse segments =
        store
            .cleaner()
            .look()
            .orElseThrow(() -> new IOException("the store is being closed; try again"));
    // What is dead is given back when there is enough of it: nobody has to do anything for it.
    boolean low = segments.roomBytes() + segments.deadBytes() < capacity / PERCENT * warnPercent;
    return new Now(capacity, files.fileBytes(), segments, low, refusal());
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
