package io.hydrant.node.pace;

import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Slows ingest as room falls, so that cleaning keeps up with it and nothing is refused as long as
 * there is something to clean. With room {@code r} below {@code slow}, ingest moves at {@code rate
 * * (r / slow)^2}, at least 4 MiB a second: as fast as cleaning at first, and hardly at all where
 * new checkpoints would be refused. What was staged is paid for after it, in the order in which it
 * was staged, so that no stream gets ahead of another. A new checkpoint for which there is no room
 * is held back for a while as long as room is being made. Safe for use by many threads.
 */
public final class IngestBrake {
  /** Of a store whose ingest is never slowed. */
  public static final IngestBrake NONE =
      new IngestBrake(
          new Room() {
            @Override
            public long bytes() {
              return Long.MAX_VALUE;
            }

            @Override
            public boolean isGrowing() {
              return false;
            }
          },
          0,
          1,
          () -> 0);

  /** A new checkpoint waits no longer for room: whoever sent it wants to know. */
  private static final long HOLD_BACK_NANOS_MAX = 5_000_000_000L;

  /** Whoever is slowed looks again after so much: room may have come back. */
  private static final long WAIT_NANOS_MAX = 50_000_000L;

  private static final long LOOK_NANOS = 10_000_000L;

  private static final double RATE_MIN = 4 << 20;
  private static final double NANOS = 1e9;

  private final Room room;
  private final long slowBytes;
  private final long bytesPerSecond;
  private final LongSupplier nanoTime;

  private long stagedBytes;

  /** Of what was staged, paid for. */
  private double paidBytes;

  private long lookedNanos;

  /** Room was found to be enough so shortly ago that it is not asked for again before. */
  private long enoughNanos;

  /** What can still be staged before new checkpoints are refused. */
  public interface Room {
    long bytes() throws IOException;

    /** Whether cleaning is making more. */
    boolean isGrowing();
  }

  /**
   * @param slowBytes room below which ingest is slowed; 0: never
   * @param bytesPerSecond of it where it begins to be slowed
   */
  public IngestBrake(Room room, long slowBytes, long bytesPerSecond, LongSupplier nanoTime) {
    this.room = room;
    this.slowBytes = slowBytes;
    this.bytesPerSecond = bytesPerSecond;
    this.nanoTime = nanoTime;
    this.lookedNanos = nanoTime.getAsLong();
    this.enoughNanos = lookedNanos;
  }

  /** So many bytes were staged; returns the slot with which to ask how long to wait for them. */
  public synchronized long staged(long bytes) {
    if (slowBytes > 0) {
      stagedBytes += bytes;
    }
    return stagedBytes;
  }

  /**
   * How long nothing more is to be staged behind a slot; 0: go on. Never long, since room may come
   * back.
   *
   * @throws IOException the room cannot be told
   */
  public synchronized long waitNanos(long slot) throws IOException {
    long now = nanoTime.getAsLong();
    long passed = now - lookedNanos;
    lookedNanos = now;
    if (paidBytes >= stagedBytes || now - enoughNanos < 0) {
      paidBytes = stagedBytes;
      return 0;
    }
    long left = room.bytes();
    if (left >= slowBytes) {
      paidBytes = stagedBytes;
      enoughNanos = now + LOOK_NANOS;
      return 0;
    }
    double share = (double) left / slowBytes;
    double rate = Math.max(RATE_MIN, bytesPerSecond * share * share);
    paidBytes = Math.min(stagedBytes, paidBytes + rate * passed / NANOS);
    double owed = Math.max(0, slot - paidBytes);
    return Math.min(WAIT_NANOS_MAX, (long) (NANOS * owed / rate));
  }

  /**
   * How long a new checkpoint is to be held back before it is asked again whether there is room for
   * it; 0: let it in, or refuse it.
   *
   * @param heldBackNanos for how long it was already
   * @throws IOException the room cannot be told
   */
  public long holdBackNanos(long heldBackNanos) throws IOException {
    boolean isWorthIt = slowBytes > 0 && heldBackNanos < HOLD_BACK_NANOS_MAX;
    return isWorthIt && room.bytes() == 0 && room.isGrowing() ? WAIT_NANOS_MAX : 0;
  }
}
