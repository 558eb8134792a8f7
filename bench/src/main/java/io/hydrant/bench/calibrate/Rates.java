package io.hydrant.bench.calibrate;

/** Amounts over time; a megabyte is 10^6 bytes throughout. */
public final class Rates {
  private Rates() {}

  public static double megabytesPerSecond(long bytes, long nanos) {
    return bytes / 1e6 / (nanos / 1e9);
  }

  public static double gigabytesPerSecond(long bytes, long nanos) {
    return megabytesPerSecond(bytes, nanos) / 1e3;
  }

  public static double perSecond(long count, long nanos) {
    return count / (nanos / 1e9);
  }
}
