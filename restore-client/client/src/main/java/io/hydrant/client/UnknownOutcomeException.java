package io.hydrant.client;

import org.jspecify.annotations.Nullable;

/**
 * What was asked for may or may not have happened: not a failure. The message says how to find out.
 */
public final class UnknownOutcomeException extends HydrantException {
  private static final long serialVersionUID = 1L;

  public UnknownOutcomeException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
