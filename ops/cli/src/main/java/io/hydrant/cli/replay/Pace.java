package io.hydrant.cli.replay;

import io.hydrant.client.trace.TraceEntry;
import java.time.Duration;

/** When the checkpoints of a replay begin. */
public sealed interface Pace {
  /** As fast as they can be sent. */
  record FlatOut() implements Pace {}

  /** At a fixed distance. */
  record Every(Duration interval) implements Pace {
    public Every {
      if (interval.isNegative() || interval.isZero()) {
        throw new IllegalArgumentException("an interval must be longer than nothing: " + interval);
      }
    }
  }

  /** As they were recorded. */
  record Recorded() implements Pace {}

  /**
   * When a checkpoint is due.
   *
   * @param place its place in the replay, from 0
   * @param first the replay's first one
   * @return nanoseconds since the replay began
   */
  default long dueNanos(int place, TraceEntry entry, TraceEntry first) {
    return switch (this) {
      case FlatOut() -> 0;
      case Every(Duration interval) -> place * interval.toNanos();
      case Recorded() -> Duration.ofMillis(entry.atMillis() - first.atMillis()).toNanos();
    };
  }

  /** Whether there is a time to miss. */
  default boolean isTimed() {
    return !(this instanceof FlatOut);
  }
}
