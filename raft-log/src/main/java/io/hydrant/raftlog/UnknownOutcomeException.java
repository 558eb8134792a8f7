package io.hydrant.raftlog;

/** It is not known whether the command will be applied. */
public final class UnknownOutcomeException extends Exception {
  private static final long serialVersionUID = 1L;

  public UnknownOutcomeException(String message, Throwable cause) {
    super(message, cause);
  }
}
