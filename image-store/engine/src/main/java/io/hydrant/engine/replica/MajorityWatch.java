package io.hydrant.engine.replica;

import io.hydrant.engine.model.CheckpointKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * How far a majority is behind the leader (PROTOCOL R8). One slow follower is nobody's concern;
 * when no majority keeps up, protectors are slowed, and when bytes wait for one too long, this
 * leader is the wrong one. Safe for use by many threads.
 */
public final class MajorityWatch {
  /** Least cost of a frame: bounds how many small ones may wait. */
  static final int FRAME_BYTES_MIN = 256;

  private final long lagBytesMax;
  private final Map<CheckpointKey, ArrayDeque<Waiting>> waiting = new HashMap<>();
  private long lagBytes;

  /**
   * @param lagBytesMax from here on protectors are to be slowed
   */
  public MajorityWatch(long lagBytesMax) {
    this.lagBytesMax = lagBytesMax;
  }

  private record Waiting(long sequence, long bytes, long sinceNanos) {}

  /** The leader took a frame; frames of one checkpoint come in order. */
  public synchronized void appended(CheckpointKey key, long sequence, long bytes, long nowNanos) {
    Waiting frame = new Waiting(sequence, Math.max(bytes, FRAME_BYTES_MIN), nowNanos);
    waiting.computeIfAbsent(key, _ -> new ArrayDeque<>()).add(frame);
    lagBytes += frame.bytes();
  }

  /** A majority has the frames below; see {@link Voters#reachedByMajority}. */
  public synchronized void held(CheckpointKey key, long nextSequence) {
    ArrayDeque<Waiting> frames = waiting.get(key);
    if (frames == null) {
      return;
    }
    while (!frames.isEmpty() && frames.getFirst().sequence() < nextSequence) {
      lagBytes -= frames.removeFirst().bytes();
    }
    if (frames.isEmpty()) {
      waiting.remove(key);
    }
  }

  /** The checkpoint is final: nothing waits for it any more. */
  public synchronized void forget(CheckpointKey key) {
    held(key, Long.MAX_VALUE);
  }

  /** Whether protectors may send more. */
  public synchronized boolean isOpenForMore() {
    return lagBytes < lagBytesMax;
  }

  /** Whether a frame has waited longer than this. */
  public synchronized boolean isOverdue(long nowNanos, Duration max) {
    // Differences, since nanoTime has no zero and may pass from the greatest to the least value.
    OptionalLong longest =
        waiting.values().stream()
            .mapToLong(frames -> nowNanos - frames.getFirst().sinceNanos())
            .max();
    return longest.isPresent() && longest.getAsLong() > max.toNanos();
  }
}
