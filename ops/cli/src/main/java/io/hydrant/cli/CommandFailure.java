package io.hydrant.cli;

import org.jspecify.annotations.Nullable;

/**
 * Ends a command with a message for people: what, which image or file, why; and on a second line
 * the cure.
 */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode exitCode;
  private final String cure;

  /**
   * @param problem what failed, where and why, without a full stop
   * @param cure what the user can do; empty if nothing is known
   */
  public CommandFailure(ExitCode exitCode, String problem, String cure, @Nullable Throwable cause) {
    super(problem, cause);
    this.exitCode = exitCode;
    this.cure = cure;
  }

  public CommandFailure(ExitCode exitCode, String problem, String cure) {
    this(exitCode, problem, cure, null);
  }

  public ExitCode exitCode() {
    return exitCode;
  }

  public String problem() {
    String message = getMessage();
    return message == null ? "" : message;
  }

  public String cure() {
    return cure;
  }
}
