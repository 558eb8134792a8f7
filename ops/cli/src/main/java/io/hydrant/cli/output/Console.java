package io.hydrant.cli.output;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * Where a command speaks: results to {@code out}, progress and errors to {@code err}.
 *
 * @param terminal somebody looks at {@code err}: progress bars make sense
 */
public record Console(PrintStream out, PrintStream err, boolean terminal) {
  /**
   * The launcher says whether standard error is a terminal; Java can only tell for input and output
   * together.
   */
  private static final String TERMINAL_PROPERTY = "hydrant.terminal";

  /** The process's own streams, in UTF-8. */
  public static Console ofProcess() {
    return new Console(
        new PrintStream(System.out, true, StandardCharsets.UTF_8),
        new PrintStream(System.err, true, StandardCharsets.UTF_8),
        Boolean.getBoolean(TERMINAL_PROPERTY));
  }
}
