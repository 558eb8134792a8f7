package io.hydrant.client;

import io.hydrant.v1.Reason;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The server refused the request, and nothing changed. The message says what to do. */
public final class RejectedException extends HydrantException {
  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final long head;

  public RejectedException(Reason reason, String message) {
    this(reason, message, 0, null);
  }

  RejectedException(Reason reason, String message, long head, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.head = head;
  }

  /** For programs. */
  public Reason reason() {
    return reason;
  }

  /** For a refused checkpoint: the image's head, if the server named one. */
  public OptionalLong head() {
    return head == 0 ? OptionalLong.empty() : OptionalLong.of(head);
  }
}
