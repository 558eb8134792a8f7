package io.hydrant.cli;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A number of bytes as people write it: "4096", "512m", "10g"; "none": there is none. */
record Size(long bytes) {
  /** In place of a number. */
  static final Size NONE = new Size(0);

  private static final String NONE_WORD = "none";
  private static final Pattern TEXT = Pattern.compile("([0-9]{1,18})([kmgtKMGT]?)");

  static Size parse(String text) {
    if (text.equals(NONE_WORD)) {
      return NONE;
    }
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      throw notOne(text);
    }
    int shift =
        switch (matcher.group(2)) {
          case "" -> 0;
          case "k", "K" -> 10;
          case "m", "M" -> 20;
          case "g", "G" -> 30;
          default -> 40;
        };
    long number = Long.parseLong(matcher.group(1));
    if (number == 0 || number > Long.MAX_VALUE >> shift) {
      throw notOne(text);
    }
    return new Size(number << shift);
  }

  private static IllegalArgumentException notOne(String text) {
    return new IllegalArgumentException(
        "'"
            + text
            + "' is no size: write a number of bytes, or one with k, m, g or t for KiB, MiB, GiB or TiB, like 10g, or none");
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<Size> {
    @Override
    public Size convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
