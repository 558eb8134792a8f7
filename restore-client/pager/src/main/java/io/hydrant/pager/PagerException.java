package io.hydrant.pager;

import org.jspecify.annotations.Nullable;

/**
 * A page cannot be had, so whoever wants it must not run on: what is there instead of it was
 * invented by nobody, and must be used by nobody.
 */
public final class PagerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PagerException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
