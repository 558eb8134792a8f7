package io.hydrant.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Page numbers as people write them: "1,5-9".
 *
 * @param runs in the order written
 */
record PageList(List<Run> runs) {
  /** Pages one command asks for at most: it prints or keeps them all. */
  private static final long PAGES_MAX = 1 << 20;

  /** {@code first} to {@code last}, both included. */
  record Run(long first, long last) {}

  PageList {
    runs = List.copyOf(runs);
  }

  long count() {
    return runs.stream().mapToLong(run -> run.last() - run.first() + 1).sum();
  }

  long last() {
    return runs.stream().mapToLong(Run::last).max().orElse(0);
  }

  static PageList parse(String text) {
    List<Run> runs = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      String[] ends = part.strip().split("-", -1);
      try {
        long first = Long.parseLong(ends[0].strip());
        long last = ends.length == 1 ? first : Long.parseLong(ends[1].strip());
        if (ends.length > 2 || first < 0 || last < first || last == Long.MAX_VALUE) {
          throw new NumberFormatException();
        }
        runs.add(new Run(first, last));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "'" + part + "' is no page number or ascending range (examples: 7 or 1,5-9)", e);
      }
    }
    PageList list = new PageList(runs);
    long count = 0;
    for (Run run : runs) {
      count = Math.addExact(count, run.last() - run.first() + 1);
      if (count > PAGES_MAX) {
        throw new IllegalArgumentException(
            "more than " + PAGES_MAX + " pages; use restore instead");
      }
    }
    return list;
  }

  /** For picocli. */
  static final class Converter implements ITypeConverter<PageList> {
    @Override
    public PageList convert(String text) {
      try {
        return parse(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }
}
