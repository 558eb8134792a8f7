package io.hydrant.pager;

/**
 * A page cannot be had, so whoever wants it must not run on: what is there instead of it was
 * invented by nobody, and must be used by nobody.
 */
public final class PagerException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public PagerException(String message, Throwable cause) {
    super(message, cause);
  }
}
