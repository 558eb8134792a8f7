package io.hydrant.bench.kill;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Promises that were broken. Each is told at the moment it is found, with the place where it was
 * found, because a run may end before its report; and kept for the report.
 *
 * <p>Safe for use by several threads.
 */
final class Violations {
  private final Consumer<String> told;
  private final List<String> found = new ArrayList<>();
  private String place = "";

  /**
   * @param told hears of each at once, on the thread that found it
   */
  Violations(Consumer<String> told) {
    this.told = told;
  }

  /** Where the run is: goes before every violation that is found from now on. */
  synchronized void at(String newPlace) {
    place = newPlace;
  }

  synchronized void add(String what) {
    String text = place.isEmpty() ? what : place + ": " + what;
    found.add(text);
    told.accept(text);
  }

  synchronized int count() {
    return found.size();
  }

  synchronized List<String> found() {
    return List.copyOf(found);
  }
}
