package io.hydrant.node.api;

import io.hydrant.v1.Reason;

/** A call that is refused at the edge. The message says what happened and what to do. */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;

  public ApiException(Reason reason, String message) {
    super(message, null, false, false);
    this.reason = reason;
  }

  /** The request breaks a rule of the API. */
  public static ApiException invalid(String message) {
    return new ApiException(Reason.REASON_INVALID, message);
  }

  public Reason reason() {
    return reason;
  }
}
