package io.hydrant.testkit.simulation.cluster;

import java.util.EnumMap;
import java.util.Map;

/** How often each schedule was generated: what a simulation did not do, it did not test. */
public final class Coverage {
  private final EnumMap<Schedule, Long> counts = new EnumMap<>(Schedule.class);

  void count(Schedule schedule) {
    counts.merge(schedule, 1L, Long::sum);
  }

  /** Adds another run's. */
  public void add(Coverage other) {
    other.counts.forEach((schedule, count) -> counts.merge(schedule, count, Long::sum));
  }

  public long of(Schedule schedule) {
    return counts.getOrDefault(schedule, 0L);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<Schedule, Long> count : counts.entrySet()) {
      text.append(count.getKey()).append(' ').append(count.getValue()).append('\n');
    }
    return text.toString();
  }
}
