package io.hydrant.bench.brim;

import io.hydrant.v1.Reason;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** How often writers were refused, and why. Safe for use by many threads. */
final class Refusals {
  private final Map<Reason, Integer> counts = new EnumMap<>(Reason.class);
  private Optional<String> diskFull = Optional.empty();
  private int withoutMessage;

  synchronized void add(Reason reason, String message) {
    counts.merge(reason, 1, Integer::sum);
    if (message.isBlank()) {
      withoutMessage++;
    } else if (reason == Reason.REASON_DISK_FULL && diskFull.isEmpty()) {
      diskFull = Optional.of(message);
    }
  }

  synchronized int diskFull() {
    return counts.getOrDefault(Reason.REASON_DISK_FULL, 0);
  }

  synchronized int withoutMessage() {
    return withoutMessage;
  }

  /** What the first one for lack of space said. */
  synchronized String message() {
    return diskFull.orElse("none");
  }

  /** Those for other reasons; empty if there was none. */
  synchronized String others() {
    return counts.entrySet().stream()
        .filter(entry -> entry.getKey() != Reason.REASON_DISK_FULL)
        .map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining(", "));
  }
}
