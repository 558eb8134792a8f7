package io.hydrant.chaos;

import java.io.PrintWriter;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * What a run found.
 *
 * @param stretch of the time-outs, by how long the founding took
 * @param counts by what was counted
 */
record Outcome(
    Plan plan,
    double stretch,
    int operations,
    SortedMap<String, Long> counts,
    double longestGapSeconds,
    List<String> violations) {
  void print(PrintWriter out) {
    out.println();
    counts.forEach((what, count) -> out.printf("%-55s %10d%n", what, count));
    out.printf("%-55s %10d%n", "operations in the history", operations);
    out.printf(
        "%-55s %10.1f%n", "longest gap between acknowledgements, seconds", longestGapSeconds);
    out.printf("%-55s %10d%n", "violations", violations.size());
    violations.forEach(violation -> out.println("  " + violation));
    out.println();
    if (!violations.isEmpty()) {
      out.println("directories, history and server logs are kept in " + plan.directory());
    }
    out.println("the same faults again: " + repeat());
  }

  /** The command with this seed. */
  String repeat() {
    String traces = plan.traces().map(directory -> " --traces " + directory).orElse("");
    return "chaos/run --seconds %d --seed %d%s"
        .formatted(plan.duration().toSeconds(), plan.seed(), traces);
  }

  /** One JSON document in a line. */
  String json() {
    return "{\"seed\":%d,\"seconds\":%d,\"stretch\":%.2f,\"operations\":%d,\"longest_gap_seconds\":%.3f,\"counts\":{%s},\"violations\":[%s]}"
        .formatted(
            plan.seed(),
            plan.duration().toSeconds(),
            stretch,
            operations,
            longestGapSeconds,
            counts.entrySet().stream()
                .map(each -> quoted(each.getKey()) + ":" + each.getValue())
                .collect(Collectors.joining(",")),
            violations.stream().map(Outcome::quoted).collect(Collectors.joining(",")));
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
