package io.hydrant.client;

import org.jspecify.annotations.Nullable;

/**
 * A server's answer breaks the rules of the API and was refused: a defect there, or a version that
 * does not fit.
 */
public final class ProtocolViolationException extends HydrantException {
  private static final long serialVersionUID = 1L;

  public ProtocolViolationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
