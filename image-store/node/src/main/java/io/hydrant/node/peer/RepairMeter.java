package io.hydrant.node.peer;

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
  private long beganNanos;
  private long tractsDone;
  private long bytesDone;
  private long tractsLeft;
  private long bytesLeft;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  public RepairMeter(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.second = second(nanoTime.getAsLong());
  }

  /** What is still lacking, reckoned anew; with nothing left, the repair is over. */
  public synchronized void left(long tracts, long bytes) {
    if (tracts == 0) {
      tractsDone = 0;
      bytesDone = 0;
    } else if (tractsLeft == 0 && tractsDone == 0) {
      beganNanos = nanoTime.getAsLong();
    }
    tractsLeft = tracts;
    bytesLeft = bytes;
  }

  /**
   * A step was made.
   *
   * @param bytes encoded bytes of the tracts, fetched or found here
   * @param bytesFetched those of them that came from a peer
   */
  public synchronized void done(long tracts, long bytes, long bytesFetched) {
    advance();
    tractsDone += tracts;
    bytesDone += bytes;
    tractsLeft = Math.max(0, tractsLeft - tracts);
    bytesLeft = Math.max(0, bytesLeft - bytes);
    fetched[SECONDS] += bytesFetched;
  }

  @Override
  public synchronized RepairProgress get() {
    if (tractsLeft == 0) {
      return RepairProgress.NONE;
    }
    advance();
    return new RepairProgress(
        tractsDone, tractsDone + tractsLeft, bytesDone, bytesDone + bytesLeft, rate());
  }

  /** Over whole seconds, as soon as there is one. */
  private long rate() {
    long over = Math.min(SECONDS, second - second(beganNanos));
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
