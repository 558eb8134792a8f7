package io.hydrant.node.peer;

import io.hydrant.engine.repair.RepairStep.Progress;
import io.hydrant.engine.replica.RepairProgress;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** Keeps count of this replica's repair: for health, inventories and figures. Any thread. */
public final class RepairMeter implements Supplier<RepairProgress> {
  /** Of the sliding rate. */
  private static final int SECONDS = 10;

  private final LongSupplier nanoTime;

  /** Bytes fetched in each of the last seconds; the present one is the last, and not over yet. */
  private final long[] fetched = new long[SECONDS + 1];

  private long second;
  private long beganSecond;
  private boolean active;
  private long tractsDone;
  private long tractsTotal;
  private long bytesDone;
  private long bytesTotal;
  private long fetchedTotal;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public RepairMeter(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.second = second(nanoTime.getAsLong());
  }

  /** A step was made. */
  synchronized void stepped(Progress progress) {
    advance();
    if (!active && progress.tractsTotal() > 0) {
      beganSecond = second;
    }
    active = progress.tractsTotal() > 0;
    tractsDone = progress.tractsDone();
    tractsTotal = progress.tractsTotal();
    bytesDone = progress.bytesDone();
    bytesTotal = Math.max(progress.bytesTotal(), expected(progress));
    fetched[SECONDS] += progress.fetchedBytes();
    fetchedTotal += progress.fetchedBytes();
  }

  /** As if the tracts to come were like those that are done. */
  private static long expected(Progress progress) {
    return progress.tractsDone() == 0
        ? 0
        : (long) ((double) progress.bytesDone() * progress.tractsTotal() / progress.tractsDone());
  }

  @Override
  public synchronized RepairProgress get() {
    if (!active) {
      return RepairProgress.NONE;
    }
    advance();
    return new RepairProgress(tractsDone, tractsTotal, bytesDone, bytesTotal, rate());
  }

  /** Bytes fetched from other replicas since the start. */
  public synchronized long fetchedBytes() {
    return fetchedTotal;
  }

  /** Over whole seconds, as soon as there is one. */
  private long rate() {
    long over = Math.min(SECONDS, second - beganSecond);
    return over <= 0 ? fetched[SECONDS] : (Arrays.stream(fetched).sum() - fetched[SECONDS]) / over;
  }

  private void advance() {
    long now = second(nanoTime.getAsLong());
    int passed = (int) Math.min(now - second, fetched.length);
    if (passed > 0) {
      System.arraycopy(fetched, passed, fetched, 0, fetched.length - passed);
      Arrays.fill(fetched, fetched.length - passed, fetched.length, 0);
      second = now;
    }
  }

  private static long second(long nanos) {
    return Math.floorDiv(nanos, TimeUnit.SECONDS.toNanos(1));
  }
}
