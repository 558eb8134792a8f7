package io.hydrant.node.pace;

import java.io.IOException;
import java.util.function.LongSupplier;

/**
 * Slows ingest as room falls, so that cleaning keeps up with it and nothing is refused as long as
 * there is something to clean. With room {@code r} below {@code slow}, ingest moves at {@code rate
 * * (r / slow)^2}, at least 4 MiB a second: as fast as cleaning at first, and hardly at all where
 * new checkpoints would be refused. What was staged is paid for after it, by all streams together.
 * Safe for use by many threads.
 */
public final class IngestBrake {
  /** Of a store whose ingest is never slowed. */
  public static final IngestBrake NONE = new IngestBrake(() -> Long.MAX_VALUE, 0, 1, () -> 0);

  /** Whoever is slowed looks again after so much: room may have come back. */
  private static final long WAIT_NANOS_MAX = 50_000_000L;

  private static final long LOOK_NANOS = 10_000_000L;

  private static final double RATE_MIN = 4 << 20;
  private static final double NANOS = 1e9;

  private final Room room;
  private final long slowBytes;
  private final long bytesPerSecond;
  private final LongSupplier nanoTime;

  private double owedBytes;
  private long lookedNanos;

  /** Room was found to be enough so shortly ago that it is not asked for again before. */
  private long enoughNanos;

  /** What can still be staged before new checkpoints are refused. */
  @FunctionalInterface
  public interface Room {
    long bytes() throws IOException;
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

  /** So many bytes were staged. */
  public synchronized void staged(long bytes) {
    if (slowBytes > 0) {
      owedBytes += bytes;
    }
  }

  /**
   * How long nothing is to be staged; 0: go on. Never long, since room may come back.
   *
   * @throws IOException the room cannot be told
   */
  public synchronized long waitNanos() throws IOException {
    long now = nanoTime.getAsLong();
    long passed = now - lookedNanos;
    lookedNanos = now;
    if (owedBytes == 0 || now - enoughNanos < 0) {
      owedBytes = 0;
      return 0;
    }
    long left = room.bytes();
    if (left >= slowBytes) {
      owedBytes = 0;
      enoughNanos = now + LOOK_NANOS;
      return 0;
    }
    double share = (double) Math.max(0, left) / slowBytes;
    double rate = Math.max(RATE_MIN, bytesPerSecond * share * share);
    owedBytes = Math.max(0, owedBytes - rate * passed / NANOS);
    return Math.min(WAIT_NANOS_MAX, (long) (NANOS * owedBytes / rate));
  }
}
