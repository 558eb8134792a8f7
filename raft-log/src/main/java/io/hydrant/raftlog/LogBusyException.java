package io.hydrant.raftlog;

/**
 * Too much is outstanding: nothing was appended. Submit again when earlier submissions were
 * answered.
 */
public final class LogBusyException extends Exception {
  private static final long serialVersionUID = 1L;

  public LogBusyException(String message) {
    super(message);
  }
}
