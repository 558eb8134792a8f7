package io.hydrant.node.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.store.Refusal;
import io.hydrant.raftlog.LogBusyException;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

final class ApiErrorsTest {
  private static void assertAnswer(Reason reason, Status.Code code, Throwable failure) {
    assertEquals(reason, ApiErrors.answer(new CompletionException(failure)).reason());
    assertEquals(code, ApiErrors.status(failure).getStatus().getCode());
  }

  /**
   * A protector that is told "damaged" gives the checkpoint up; a descriptor too few is no reason.
   */
  @Test
  void onlyBytesThatAreWrongAreDamaged() {
    assertAnswer(
        Reason.REASON_DAMAGED,
        Status.Code.DATA_LOSS,
        new CorruptionException("segment-1", 4096, "1", "2"));
    assertAnswer(
        Reason.REASON_NOT_HERE, Status.Code.UNAVAILABLE, new IOException("too many open files"));
  }

  @Test
  void aBusyLogIsOverloadAndNotADefect() {
    assertAnswer(
        Reason.REASON_OVERLOADED, Status.Code.RESOURCE_EXHAUSTED, new LogBusyException("full"));
  }

  @Test
  void tooFewReplicasMayBeEnoughLater() {
    assertAnswer(
        Reason.REASON_NO_MAJORITY,
        Status.Code.UNAVAILABLE,
        new Refusal(Rejection.NO_MAJORITY, "n2 and n3 have not stated"));
  }
}
