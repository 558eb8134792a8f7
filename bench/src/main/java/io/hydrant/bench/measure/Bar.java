package io.hydrant.bench.measure;

import java.util.Locale;

/** What a figure is held against. */
public sealed interface Bar {
  /** What the bar limits. */
  enum Subject {
    /** The figure itself. */
    FIGURE,
    /** The figure divided by the one that it is compared with, of the same run. */
    RATIO
  }

  Subject subject();

  double limit();

  boolean metBy(double value);

  /** For people: ">= 0.6 x" for a ratio, ">= 300" for the figure itself. */
  default String text() {
    String sign =
        switch (this) {
          case AtLeast least -> ">=";
          case AtMost most -> "<=";
          case Below below -> "<";
          case Exactly exactly -> "=";
        };
    String number = trimmed(limit());
    return switch (subject()) {
      case FIGURE -> sign + " " + number;
      case RATIO -> sign + " " + number + " x";
    };
  }

  private static String trimmed(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,d", (long) value)
        : String.format(Locale.ROOT, "%s", value);
  }

  static Bar atLeast(double limit) {
    return new AtLeast(Subject.FIGURE, limit);
  }

  static Bar atMost(double limit) {
    return new AtMost(Subject.FIGURE, limit);
  }

  static Bar below(double limit) {
    return new Below(Subject.FIGURE, limit);
  }

  /** For counts: no tolerance. */
  static Bar exactly(double value) {
    return new Exactly(Subject.FIGURE, value);
  }

  static Bar ratioAtLeast(double limit) {
    return new AtLeast(Subject.RATIO, limit);
  }

  static Bar ratioAtMost(double limit) {
    return new AtMost(Subject.RATIO, limit);
  }

  record AtLeast(Subject subject, double limit) implements Bar {
    @Override
    public boolean metBy(double value) {
      return value >= limit;
    }
  }

  record AtMost(Subject subject, double limit) implements Bar {
    @Override
    public boolean metBy(double value) {
      return value <= limit;
    }
  }

  record Below(Subject subject, double limit) implements Bar {
    @Override
    public boolean metBy(double value) {
      return value < limit;
    }
  }

  record Exactly(Subject subject, double limit) implements Bar {
    @Override
    public boolean metBy(double value) {
      return value == limit;
    }
  }
}
