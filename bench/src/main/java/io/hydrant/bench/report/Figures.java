package io.hydrant.bench.report;

import java.util.Locale;

/** Numbers with a precision that fits their size. */
final class Figures {
  private Figures() {}

  static String text(double value) {
    double size = Math.abs(value);
    if (size == Math.rint(size) && size < 1e15) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (size >= 1000) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    if (size >= 100) {
      return String.format(Locale.ROOT, "%.1f", value);
    }
    if (size >= 10) {
      return String.format(Locale.ROOT, "%.2f", value);
    }
    return String.format(Locale.ROOT, "%.3f", value);
  }

  static String text(double value, String unit) {
    return unit.isEmpty() ? text(value) : text(value) + " " + unit;
  }

  /** How far rounds lie apart, for instance "±6%"; empty where there was one. */
  static String spread(double spread, int rounds) {
    return rounds == 1 ? "" : String.format(Locale.ROOT, "%.0f%%", spread * 100);
  }
}
