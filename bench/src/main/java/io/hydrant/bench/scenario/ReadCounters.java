package io.hydrant.bench.scenario;

import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import java.util.Map;

/**
 * What the server counted while pages were fetched one by one.
 *
 * @param pages that were fetched
 */
record ReadCounters(long pages, long pagesRead, long lookups, long gets, long reads) {
  static ReadCounters between(Map<String, Long> before, Map<String, Long> after, long pages) {
    return new ReadCounters(
        pages,
        since(before, after, "pages_read_count"),
        since(before, after, "tract_lookup_count"),
        since(before, after, "index_get_count"),
        since(before, after, "device_read_count"));
  }

  private static long since(Map<String, Long> before, Map<String, Long> after, String name) {
    return counter(after, name) - before.getOrDefault(name, 0L);
  }

  /** A counter that the server must have. */
  static long counter(Map<String, Long> counters, String name) {
    Long value = counters.get(name);
    if (value == null) {
      throw new IllegalStateException("the server has no counter '" + name + "'");
    }
    return value;
  }

  void tell(String when, Report.Builder report) {
    report
        .row(each("pages read per page, " + when, pagesRead, pages, Bar.exactly(1)))
        .row(each("tract lookups per page, " + when, lookups, pages, Bar.exactly(1)))
        .row(each("index gets per tract lookup, " + when, gets, lookups, Bar.atMost(1)))
        .row(each("device reads per page, " + when, reads, pages, Bar.atMost(1)));
  }

  private static Row each(String name, long count, long of, Bar bar) {
    return Row.held(name, Series.single("", (double) count / of), bar);
  }
}
