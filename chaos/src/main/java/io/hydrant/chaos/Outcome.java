package io.hydrant.chaos;

import io.hydrant.cli.output.Table;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What a run found.
 *
 * @param directory of the run
 * @param ended whether it came to its end; if not, it is judged up to where it was cut off
 * @param seconds from the first operation to the last
 * @param stretch of the time-outs; 0: not known
 * @param operations in the history
 * @param acknowledged checkpoints
 * @param restored images, compared page by page through their sums
 * @param faults by kind
 * @param counts by what else was counted
 * @param repeat the command that draws the same faults again; empty: not known
 */
record Outcome(
    Path directory,
    boolean ended,
    String seed,
    double seconds,
    double stretch,
    long operations,
    long acknowledged,
    long restored,
    double longestGapSeconds,
    SortedMap<String, Long> faults,
    SortedMap<String, Long> counts,
    List<String> violations,
    String repeat) {
  Outcome {
    violations = List.copyOf(violations);
  }

  boolean isWell() {
    return violations.isEmpty();
  }

  long faultsDone() {
    return faults.values().stream().mapToLong(Long::longValue).sum();
  }

  void print(PrintWriter out) {
    out.println();
    Table table = new Table("", ">");
    table.row("operations judged", operations);
    table.row("seconds, from the first to the last", "%.0f".formatted(seconds));
    table.row("checkpoints acknowledged", acknowledged);
    table.row("images restored and compared", restored);
    table.row("longest gap between acknowledgements, seconds", "%.1f".formatted(longestGapSeconds));
    table.row("faults", faultsDone());
    faults.forEach((kind, count) -> table.row("  " + kind, count));
    counts.forEach(table::row);
    table.row("violations", violations.size());
    table.lines().stream().skip(1).forEach(out::println); // the headings are empty
    violations.forEach(violation -> out.println("  " + violation));
    out.println();
    if (!ended) {
      out.println("the history was cut off: what came later is not judged, rest least of all");
    }
    if (!isWell()) {
      out.println("directories, history and server logs are kept in " + directory);
    }
    if (!repeat.isEmpty()) {
      out.println("the same faults again: " + repeat);
    }
    out.flush();
  }

  /** One JSON document in a line. */
  String json() {
    return "{"
        + String.join(
            ",",
            "\"seed\":" + (seed.isEmpty() ? "null" : seed),
            "\"ended\":" + ended,
            decimal("seconds", seconds),
            decimal("stretch", stretch),
            "\"operations\":" + operations,
            "\"acknowledged\":" + acknowledged,
            "\"restored\":" + restored,
            decimal("longest_gap_seconds", longestGapSeconds),
            "\"faults\":" + object(faults),
            "\"counts\":" + object(counts),
            "\"violations\":" + array(violations, Outcome::quoted))
        + "}";
  }

  private static String decimal(String name, double value) {
    return String.format(Locale.ROOT, "\"%s\":%.3f", name, value);
  }

  private static String object(Map<String, Long> members) {
    return members.entrySet().stream()
        .map(each -> quoted(each.getKey()) + ":" + each.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static <T> String array(List<T> elements, Function<T, String> text) {
    return elements.stream().map(text).collect(Collectors.joining(",", "[", "]"));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int at = 0; at < text.length(); at++) {
      char each = text.charAt(at);
      switch (each) {
        case '"' -> json.append("\\\"");
        case '\\' -> json.append("\\\\");
        case '\n' -> json.append("\\n");
        default -> json.append(each < ' ' ? " " : String.valueOf(each));
      }
    }
    return json.append('"').toString();
  }
}
