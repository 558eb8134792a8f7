package io.hydrant.engine.replica;

import io.hydrant.engine.model.CheckpointKey;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The frames of checkpoints under way that the leader still has in memory, for all peers together.
 * The oldest fall out when there is no room, whoever lacks them: a slow follower costs a bounded
 * heap and delays nobody (PROTOCOL R8); it is fed from the leader's log. Safe for use by many
 * threads.
 */
public final class FrameWindow {
  /** Of a frame with its keys and the entry that holds it: many small ones are not free. */
  static final int FRAME_BYTES = 256;

  private final long bytesMax;
  private final Map<Place, Kept> byPlace = new LinkedHashMap<>();
  private final Map<CheckpointKey, Range> ranges = new HashMap<>();
  private long bytes;

  /**
   * @param bytesMax of all frames together
   */
  public FrameWindow(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  private record Place(CheckpointKey key, long sequence) {}

  private record Kept(Frame frame, long bytes) {}

  /** Frames of one checkpoint that are here: from first on, below next. */
  private record Range(long first, long next) {
    /** Null if nothing is left. */
    @Nullable Range withoutFirst() {
      return first + 1 == next ? null : new Range(first + 1, next);
    }
  }

  /**
   * Adds the next frame of its checkpoint.
   *
   * @param frameBytes what it keeps from being collected
   * @throws IllegalArgumentException if the one before is here and it does not follow it
   */
  public synchronized void add(Frame frame, long frameBytes) {
    CheckpointKey key = frame.key();
    long sequence = frame.sequence();
    Range range = ranges.getOrDefault(key, new Range(sequence, sequence));
    if (sequence != range.next()) {
      throw new IllegalArgumentException(
          "%s: frame %d follows %d".formatted(key, sequence, range.next() - 1));
    }
    ranges.put(key, new Range(range.first(), sequence + 1));
    Kept kept = new Kept(frame, frameBytes + FRAME_BYTES);
    byPlace.put(new Place(key, sequence), kept);
    bytes += kept.bytes();
    Iterator<Kept> oldest = byPlace.values().iterator();
    while (bytes > bytesMax && oldest.hasNext()) {
      pushOut(oldest.next());
      oldest.remove();
    }
  }

  private void pushOut(Kept kept) {
    bytes -= kept.bytes();
    ranges.computeIfPresent(kept.frame().key(), (_, range) -> range.withoutFirst());
  }

  /** A frame, if it is still here. */
  public synchronized Optional<Frame> get(CheckpointKey key, long sequence) {
    return Optional.ofNullable(byPlace.get(new Place(key, sequence))).map(Kept::frame);
  }

  /** The checkpoint is final. */
  public synchronized void drop(CheckpointKey key) {
    Range range = ranges.remove(key);
    if (range == null) {
      return;
    }
    for (long sequence = range.first(); sequence < range.next(); sequence++) {
      Kept kept = byPlace.remove(new Place(key, sequence));
      bytes -= kept == null ? 0 : kept.bytes();
    }
  }

  /** What it holds now. */
  public synchronized long bytes() {
    return bytes;
  }
}
