package io.hydrant.cli.output;

import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** Durations of many equal things, kept as a histogram of three digits. Not for several threads. */
public final class Latencies {
  private static final long NANOS_MAX = TimeUnit.MINUTES.toNanos(10);
  private static final int DIGITS = 3;

  private final Histogram histogram = new Histogram(NANOS_MAX, DIGITS);

  public void add(long nanos) {
    histogram.recordValue(Math.clamp(nanos, 0, NANOS_MAX));
  }

  public long count() {
    return histogram.getTotalCount();
  }

  /** Nanoseconds; 0 if nothing was added. */
  public long percentile(double percent) {
    return histogram.getTotalCount() == 0 ? 0 : histogram.getValueAtPercentile(percent);
  }

  public long p50() {
    return percentile(50);
  }

  public long p99() {
    return percentile(99);
  }

  public long max() {
    return histogram.getTotalCount() == 0 ? 0 : histogram.getMaxValue();
  }

  /** For instance "p50 0.21 ms, p99 1.30 ms". */
  public String text() {
    return "p50 " + Amounts.duration(p50()) + ", p99 " + Amounts.duration(p99());
  }

  public Json json() {
    return new Json()
        .put("count", count())
        .put("p50_millis", Amounts.millis(p50()))
        .put("p99_millis", Amounts.millis(p99()))
        .put("max_millis", Amounts.millis(max()));
  }
}
