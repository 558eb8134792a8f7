package io.hydrant.chaos;

import java.io.PrintStream;

/**
 * Lines for people, with one below them that is drawn anew on a terminal. Safe for use by several
 * threads.
 */
final class Screen {
  private static final String CLEAR = "\r\033[K";

  private final PrintStream out;
  private final boolean terminal;
  private String status = "";

  /**
   * @param terminal whether a line can be drawn anew
   */
  Screen(PrintStream out, boolean terminal) {
    this.out = out;
    this.terminal = terminal;
  }

  boolean isTerminal() {
    return terminal;
  }

  synchronized void line(String text) {
    if (terminal && !status.isEmpty()) {
      out.print(CLEAR);
    }
    out.println(text);
    if (terminal) {
      out.print(status);
    }
    out.flush();
  }

  /** How it stands; empty: nothing is to be said any more. */
  synchronized void status(String text) {
    if (terminal) {
      out.print(CLEAR + text);
      out.flush();
      status = text;
    } else if (!text.isEmpty()) {
      out.println(text);
    }
  }
}
