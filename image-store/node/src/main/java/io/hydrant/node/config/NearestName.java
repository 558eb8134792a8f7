package io.hydrant.node.config;

import java.util.Collection;
import java.util.Comparator;

/** Finds the name that somebody who mistyped most likely meant. */
final class NearestName {
  private NearestName() {}

  /**
   * @param known not empty
   */
  static String of(String given, Collection<String> known) {
    return known.stream()
        .min(Comparator.comparingInt((String name) -> distance(given, name)).thenComparing(n -> n))
        .orElseThrow();
  }

  /** Edit distance: insertions, deletions, replacements. */
  private static int distance(String a, String b) {
    int[] previous = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      previous[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int[] row = new int[b.length() + 1];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
      }
      previous = row;
    }
    return previous[b.length()];
  }
}
