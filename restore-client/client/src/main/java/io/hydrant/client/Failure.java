package io.hydrant.client;

import io.grpc.Metadata;
import io.grpc.Status;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.net.ConnectException;
import org.jspecify.annotations.Nullable;

/**
 * What a gRPC status or a reason in an answer means for a caller. The only place that maps them.
 *
 * @param reason the server's, or the nearest to its status
 * @param kind what to do
 * @param message the server's words, or the transport's
 */
record Failure(Reason reason, Kind kind, String message, @Nullable Throwable cause) {
  /** Set by the server next to a status: the reason's name. */
  static final Metadata.Key<String> REASON_KEY =
      Metadata.Key.of("hydrant-reason", Metadata.ASCII_STRING_MARSHALLER);

  /** Beside {@link Reason#REASON_NO_LEADER}, where it is known: the leader's address. */
  static final Metadata.Key<String> LEADER_KEY =
      Metadata.Key.of("hydrant-leader", Metadata.ASCII_STRING_MARSHALLER);

  enum Kind {
    /** Refused; nothing changed; repeating does not help. */
    REJECTED,
    /** Did not happen; may be repeated. */
    RETRY,
    /** May have happened; may be repeated where the call is idempotent. */
    RETRY_UNKNOWN,
    /** May have happened; repeating is not likely to help. */
    UNKNOWN,
    /** Bytes failed their check. */
    DAMAGED
  }

  boolean retryable() {
    return kind == Kind.RETRY || kind == Kind.RETRY_UNKNOWN;
  }

  boolean mayHaveHappened() {
    return kind == Kind.RETRY_UNKNOWN || kind == Kind.UNKNOWN;
  }

  static Failure of(Status status, @Nullable Metadata trailers) {
    Reason named = reasonIn(trailers);
    String text = status.getDescription();
    String message = text == null ? "status " + status.getCode() : text;
    @Nullable Throwable cause = status.asRuntimeException();
    if (named != Reason.REASON_UNSPECIFIED) {
      return new Failure(named, kindOf(named, status.getCode()), message, cause);
    }
    return switch (status.getCode()) {
      case UNAVAILABLE ->
          status.getCause() instanceof ConnectException
              ? new Failure(Reason.REASON_NO_LEADER, Kind.RETRY, "no server answers there", cause)
              : new Failure(Reason.REASON_NO_LEADER, Kind.RETRY_UNKNOWN, message, cause);
      // CANCELLED: the other side or the transport gave up; our own cancellations are not asked
      // about.
      case DEADLINE_EXCEEDED, CANCELLED ->
          new Failure(Reason.REASON_UNKNOWN_OUTCOME, Kind.RETRY_UNKNOWN, message, cause);
      case DATA_LOSS -> new Failure(Reason.REASON_DAMAGED, Kind.DAMAGED, message, cause);
      case INVALID_ARGUMENT, OUT_OF_RANGE, FAILED_PRECONDITION, NOT_FOUND, ALREADY_EXISTS ->
          new Failure(Reason.REASON_INVALID, Kind.REJECTED, message, cause);
      case RESOURCE_EXHAUSTED ->
          new Failure(Reason.REASON_LIMIT_EXCEEDED, Kind.REJECTED, message, cause);
      case UNIMPLEMENTED, PERMISSION_DENIED, UNAUTHENTICATED ->
          new Failure(
              Reason.REASON_INVALID,
              Kind.REJECTED,
              message + " (is this a Hydrant server of a version that fits?)",
              cause);
      case OK, UNKNOWN, ABORTED, INTERNAL ->
          isTransport(status.getCause())
              ? new Failure(Reason.REASON_NO_LEADER, Kind.RETRY_UNKNOWN, message, cause)
              : new Failure(Reason.REASON_INTERNAL, Kind.UNKNOWN, message, cause);
    };
  }

  /**
   * Whether the connection broke, and no server spoke: a call that is begun in the moment in which
   * a channel closes ends with UNKNOWN, in gRPC 1.85 with Netty. A server's status has no cause.
   */
  private static boolean isTransport(@Nullable Throwable cause) {
    return cause instanceof IOException;
  }

  static Failure of(Reason reason, String message) {
    String text = message.isEmpty() ? reason.name() : message;
    return new Failure(reason, kindOf(reason, Status.Code.OK), text, null);
  }

  /** The leader's address as a refusal names it; null if it does not. */
  static @Nullable String leaderIn(@Nullable Metadata trailers) {
    return trailers == null ? null : trailers.get(LEADER_KEY);
  }

  /** Whether another member may do what this one could not. */
  boolean elsewhere() {
    return (retryable() && reason != Reason.REASON_OVERLOADED) || fromBlank();
  }

  /**
   * A blank server belongs to no group yet, and has nothing: one that takes a dead member's place
   * at its address, perhaps.
   */
  boolean fromBlank() {
    return reason == Reason.REASON_NOT_INITIALISED;
  }

  /** Repeating does not help there, but another member may have it; if all say so, it is so. */
  boolean onlyThere() {
    return kind == Kind.DAMAGED || fromBlank();
  }

  /** For a call that changes nothing, or whose change is known not to have happened. */
  HydrantException toException(String what) {
    String text = what + ": " + message;
    return switch (kind) {
      case REJECTED -> new RejectedException(reason, text, 0, cause);
      case RETRY, RETRY_UNKNOWN -> new UnavailableException(text, cause);
      case UNKNOWN -> new RejectedException(reason, text, 0, cause);
      case DAMAGED -> new DamagedPageException(text, cause);
    };
  }

  private static Reason reasonIn(@Nullable Metadata trailers) {
    String name = trailers == null ? null : trailers.get(REASON_KEY);
    if (name == null) {
      return Reason.REASON_UNSPECIFIED;
    }
    try {
      return Reason.valueOf(name);
    } catch (IllegalArgumentException e) {
      // A newer server's reason: its status code still tells the kind.
      return Reason.REASON_UNSPECIFIED;
    }
  }

  private static Kind kindOf(Reason reason, Status.Code code) {
    return switch (reason) {
      case REASON_INVALID,
          REASON_LIMIT_EXCEEDED,
          REASON_UNKNOWN_IMAGE,
          REASON_UNKNOWN_CHECKPOINT,
          REASON_UNKNOWN_SESSION,
          REASON_NAME_TAKEN,
          REASON_NOT_COMMITTED,
          REASON_RETIRED,
          REASON_STALE_EPOCH,
          REASON_WRONG_BASE,
          REASON_SEND_FULL,
          REASON_TOO_MANY_OPEN,
          REASON_ABORTED,
          REASON_DUPLICATE_PAGE,
          REASON_DIGEST_MISMATCH,
          REASON_INCOMPLETE,
          REASON_DISK_FULL,
          REASON_QUOTA_EXCEEDED,
          REASON_PINNED,
          REASON_NO_MAJORITY,
          REASON_WRONG_CLUSTER,
          REASON_NOT_INITIALISED ->
          Kind.REJECTED;
      case REASON_BAD_CHECKSUM -> code == Status.Code.DATA_LOSS ? Kind.DAMAGED : Kind.REJECTED;
      case REASON_DAMAGED -> Kind.DAMAGED;
      case REASON_NOT_HERE,
          REASON_BEHIND,
          REASON_NO_LEADER,
          REASON_OVERLOADED,
          REASON_SHUTTING_DOWN ->
          Kind.RETRY;
      case REASON_UNKNOWN_OUTCOME -> Kind.RETRY_UNKNOWN;
      case REASON_INTERNAL, REASON_UNSPECIFIED, UNRECOGNIZED -> Kind.UNKNOWN;
    };
  }
}
