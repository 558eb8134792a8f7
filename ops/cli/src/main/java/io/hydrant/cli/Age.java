package io.hydrant.cli;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A length of time as people write it: "250ms", "10m", "1d". */
record Age(long millis) {
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,10})(ms|s|m|h|d)");

  /** Largest first. */
  private static final List<Unit> UNITS =
      List.of(
          new Unit("d", 86_400_000),
          new Unit("h", 3_600_000),
          new Unit("m", 60_000),
          new Unit("s", 1_000),
          new Unit("ms", 1));

  private record Unit(String name, long millis) {}

  static Age parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is no length of time: write a number with ms, s, m, h or d, like 10m");
    }
    long number = Long.parseLong(matcher.group(1));
    String name = matcher.group(2);
    for (Unit unit : UNITS) {
      if (unit.name().equals(name)) {
        return new Age(number * unit.millis());
      }
    }
    throw new IllegalStateException(name);
  }

  /** In the largest unit of which it is a whole number, so that it can be typed again. */
  @Override
  public String toString() {
    for (Unit unit : UNITS) {
      if (millis % unit.millis() == 0 && millis != 0) {
        return millis / unit.millis() + unit.name();
      }
    }
    return millis + "ms";
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<Age> {
    @Override
    public Age convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
