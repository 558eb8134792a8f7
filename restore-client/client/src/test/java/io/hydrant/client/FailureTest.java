package io.hydrant.client;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.hydrant.client.Failure.Kind;
import io.hydrant.v1.Reason;
import java.net.ConnectException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

/** What statuses without a reason of the server's mean. */
final class FailureTest {
  private static Failure failure(Status status) {
    return Failure.of(status, null);
  }

  @Test
  void nobodyListens() {
    Failure refused = failure(Status.UNAVAILABLE.withCause(new ConnectException("refused")));
    assertEquals(Kind.RETRY, refused.kind());
    assertFalse(refused.mayHaveHappened());
  }

  /** The call was begun while the channel was closing: no server has said anything. */
  @Test
  void aChannelThatClosed() {
    Failure closed =
        failure(
            Status.UNKNOWN
                .withDescription("channel closed")
                .withCause(new ClosedChannelException()));
    assertEquals(Kind.RETRY_UNKNOWN, closed.kind());
    assertTrue(closed.elsewhere());
    assertTrue(closed.mayHaveHappened());
    assertInstanceOf(UnavailableException.class, closed.toException("prefetching"));
  }

  /** An older client that does not know the reason goes by the status alone: the same. */
  @Test
  void anImageThatTakesItsQuota() {
    Failure known = Failure.of(Reason.REASON_QUOTA_EXCEEDED, "image 'vm' takes it all");
    assertEquals(Kind.REJECTED, known.kind());
    RejectedException refused =
        assertInstanceOf(RejectedException.class, known.toException("writing"));
    assertEquals(Reason.REASON_QUOTA_EXCEEDED, refused.reason());
    assertEquals(Kind.REJECTED, failure(Status.RESOURCE_EXHAUSTED).kind());
  }

  @Test
  void aServerThatFailed() {
    Failure failed = failure(Status.UNKNOWN.withDescription("a defect"));
    assertEquals(Kind.UNKNOWN, failed.kind());
    assertEquals(Reason.REASON_INTERNAL, failed.reason());
    assertFalse(failed.elsewhere());
  }
}
