package io.hydrant.node.restore;

import io.hydrant.v1.ReadClass;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What went out since the start, by the class of the reads. */
public final class RestoreCounters {
  private final Map<ReadClass, LongAdder> pages = new EnumMap<>(ReadClass.class);
  private final LongAdder bytes = new LongAdder();
  private final LongAdder refused = new LongAdder();

  RestoreCounters() {
    for (ReadClass readClass : ReadClass.values()) {
      if (isGiven(readClass)) {
        pages.put(readClass, new LongAdder());
      }
    }
  }

  static boolean isGiven(ReadClass readClass) {
    return switch (readClass) {
      case READ_CLASS_FAULT, READ_CLASS_PREFETCH, READ_CLASS_FILL, READ_CLASS_BACKGROUND -> true;
      case READ_CLASS_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  void served(ReadClass readClass, int pageCount, int dataBytes) {
    LongAdder counter = pages.get(readClass);
    if (counter != null) {
      counter.add(pageCount);
    }
    bytes.add(dataBytes);
  }

  void refused() {
    refused.increment();
  }

  /** Adds the counters by their names in docs/stats.md. */
  public void addTo(Map<String, Long> counters) {
    pages.forEach((readClass, count) ->
        counters.put(
            "served_%s_page_count"
                .formatted(
                    readClass.name().substring("READ_CLASS_".length()).toLowerCase(Locale.ROOT)),
            count.sum()));
    counters.put("served_data_bytes", bytes.sum());
    counters.put("fetch_refused_count", refused.sum());
  }
}
