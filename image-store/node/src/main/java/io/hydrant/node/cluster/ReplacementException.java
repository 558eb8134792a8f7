package io.hydrant.node.cluster;

import io.hydrant.v1.Reason;

/** A member is not replaced, or not so; the message says what to do. */
public final class ReplacementException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public ReplacementException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
