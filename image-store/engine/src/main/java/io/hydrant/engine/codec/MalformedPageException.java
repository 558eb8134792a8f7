package io.hydrant.engine.codec;

/** Encoded bytes that do not decode to a page of the expected size. */
public final class MalformedPageException extends Exception {
  private static final long serialVersionUID = 1L;

  public MalformedPageException(String message) {
    super(message);
  }
}
