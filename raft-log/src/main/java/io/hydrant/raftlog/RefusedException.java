package io.hydrant.raftlog;

/** What was asked of the group was not done; the message says why. Asking again may help. */
public final class RefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  public RefusedException(String message, Throwable cause) {
    super(message, cause);
  }
}
