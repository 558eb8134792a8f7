package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.v1.Reason;
import org.junit.jupiter.api.function.Executable;

/** What a call that fails must answer. */
final class Failures {
  private Failures() {}

  /** Returns the message, for more to be asked of it. */
  static String assertRefused(Reason reason, Status.Code code, Executable call) {
    return assertRefused(reason, code, assertThrows(StatusRuntimeException.class, call));
  }

  static String assertRefused(Reason reason, Status.Code code, Object failure) {
    if (!(failure instanceof StatusRuntimeException refused)) {
      throw new AssertionError("not refused: " + failure);
    }
    assertEquals(code, refused.getStatus().getCode(), refused::toString);
    assertNotNull(refused.getTrailers());
    assertEquals(reason.name(), refused.getTrailers().get(ApiErrors.REASON_KEY), refused::toString);
    String message = refused.getStatus().getDescription();
    assertNotNull(message);
    return message;
  }
}
