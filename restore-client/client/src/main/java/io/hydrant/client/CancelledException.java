package io.hydrant.client;

import org.jspecify.annotations.Nullable;

/**
 * The caller gave up: its thread was interrupted (its interrupt flag is set again) or the client
 * was closed.
 */
public final class CancelledException extends HydrantException {
  private static final long serialVersionUID = 1L;

  public CancelledException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
