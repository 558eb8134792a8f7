package io.hydrant.node.cluster;

import io.hydrant.v1.Reason;

/** A group could not be made; the message says what to do. */
public final class FoundingException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public FoundingException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
