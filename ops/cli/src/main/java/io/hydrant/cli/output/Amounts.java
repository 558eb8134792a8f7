package io.hydrant.cli.output;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * Sizes, rates and times as people read them. JSON output never uses these: it has plain numbers.
 */
public final class Amounts {
  private static final String[] BINARY_UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
  private static final double MEGABYTE = 1e6;
  private static final double NANOS_PER_MILLI = 1e6;

  private Amounts() {}

  /** For instance "16.0 MiB"; bytes below 1 KiB as they are. */
  public static String bytes(long bytes) {
    double value = bytes;
    int unit = 0;
    while (Math.abs(value) >= 1024 && unit < BINARY_UNITS.length - 1) {
      value /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " B"
        : String.format(
            Locale.ROOT, value >= 100 ? "%.0f %s" : "%.1f %s", value, BINARY_UNITS[unit]);
  }

  /** 12,345. */
  public static String count(long count) {
    return String.format(Locale.ROOT, "%,d", count);
  }

  /** Milliseconds with a precision that fits: "0.123 ms", "12.3 ms", "1.25 s". */
  public static String duration(long nanos) {
    double millis = nanos / NANOS_PER_MILLI;
    if (millis < 1) {
      return String.format(Locale.ROOT, "%.3f ms", millis);
    }
    if (millis < 10) {
      return String.format(Locale.ROOT, "%.2f ms", millis);
    }
    if (millis < 1000) {
      return String.format(Locale.ROOT, "%.1f ms", millis);
    }
    if (millis < 120_000) {
      return String.format(Locale.ROOT, "%.2f s", millis / 1000);
    }
    Duration duration = Duration.ofNanos(nanos);
    return duration.toHours() > 0
        ? String.format(Locale.ROOT, "%d h %02d min", duration.toHours(), duration.toMinutesPart())
        : String.format(
            Locale.ROOT, "%d min %02d s", duration.toMinutes(), duration.toSecondsPart());
  }

  /** Nanoseconds as a number of milliseconds, three digits behind the point: for JSON. */
  public static double millis(long nanos) {
    return Math.round(nanos / 1e3) / 1e3;
  }

  /** Decimal megabytes per second, the unit of devices and networks. */
  public static double megabytesPerSecond(long bytes, long nanos) {
    return nanos <= 0 ? 0 : Math.round(bytes / MEGABYTE / (nanos / 1e9) * 10) / 10.0;
  }

  public static String rate(long bytes, long nanos) {
    return nanos <= 0
        ? "-"
        : String.format(Locale.ROOT, "%,.0f MB/s", bytes / MEGABYTE / (nanos / 1e9));
  }

  /** Decimal megabytes, "1.2". */
  public static String megabytes(long bytes) {
    return String.format(Locale.ROOT, "%,.1f", bytes / MEGABYTE);
  }

  /** A catalog time in the reader's time zone. */
  public static String time(long epochMillis, ZoneId zone) {
    return epochMillis == 0 ? "-" : TIME.format(Instant.ofEpochMilli(epochMillis).atZone(zone));
  }

  /** As JSON has it: ISO 8601 in UTC with milliseconds. */
  public static String isoTime(long epochMillis) {
    return Instant.ofEpochMilli(epochMillis).truncatedTo(ChronoUnit.MILLIS).toString();
  }
}
