package io.hydrant.client;

import org.jspecify.annotations.Nullable;

/**
 * No server could answer within the deadline, retries included; nothing was changed by this call.
 */
public final class UnavailableException extends HydrantException {
  private static final long serialVersionUID = 1L;

  public UnavailableException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
