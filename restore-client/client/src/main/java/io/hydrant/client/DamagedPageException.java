package io.hydrant.client;

import org.jspecify.annotations.Nullable;

/**
 * Stored or received bytes fail their checksum. They were refused: a restorer must stop (or try
 * another checkpoint), never go on with zeros.
 */
public final class DamagedPageException extends HydrantException {
  private static final long serialVersionUID = 1L;

  public DamagedPageException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
