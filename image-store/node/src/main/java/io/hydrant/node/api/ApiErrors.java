package io.hydrant.node.api;

import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.node.replication.Replication;
import io.hydrant.raftlog.LogBusyException;
import io.hydrant.raftlog.UnknownOutcomeException;
import io.hydrant.v1.Reason;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one place where failures become what gRPC callers see: status, reason, and what to do. */
public final class ApiErrors {
  /** Trailer with the name of the {@link Reason}. */
  public static final Metadata.Key<String> REASON_KEY =
      Metadata.Key.of("hydrant-reason", Metadata.ASCII_STRING_MARSHALLER);

  /** Trailer with the address of the leader, where it is known. */
  public static final Metadata.Key<String> LEADER_KEY =
      Metadata.Key.of("hydrant-leader", Metadata.ASCII_STRING_MARSHALLER);

  private static final Logger LOG = LoggerFactory.getLogger(ApiErrors.class);

  private ApiErrors() {}

  /**
   * A failure as callers see it.
   *
   * @param leader where to ask instead, as a hint
   */
  public record Answer(Reason reason, String message, Optional<String> leader) {
    Answer(Reason reason, String message) {
      this(reason, message, Optional.empty());
    }
  }

  /** What a call that failed answers. Logs what is nobody's request's fault. */
  public static Answer answer(Throwable failure) {
    Throwable cause = Replication.cause(failure);
    return switch (cause) {
      case ApiException refused -> new Answer(refused.reason(), text(refused));
      case Refusal refusal -> new Answer(reason(refusal.rejection()), text(refusal));
      case NotLeadingException notLeader ->
          new Answer(
              Reason.REASON_NO_LEADER,
              "this node does not lead its group ("
                  + text(notLeader)
                  + "): retry with backoff, or ask the leader",
              notLeader.leaderAddress());
      case LogBusyException busy ->
          new Answer(
              Reason.REASON_OVERLOADED,
              "the replicated log has too much to do (" + text(busy) + "): retry with backoff");
      case UnknownOutcomeException unknown ->
          new Answer(
              Reason.REASON_UNKNOWN_OUTCOME,
              "it is not known whether this was done ("
                  + text(unknown)
                  + "): repeat the call with the same request id, or Settle the checkpoint");
      case CorruptionException corrupt -> {
        LOG.error("stored bytes are damaged: {}", corrupt.getMessage());
        yield new Answer(Reason.REASON_DAMAGED, text(corrupt));
      }
      case DiskFullException full -> new Answer(Reason.REASON_DISK_FULL, text(full));
      case IOException fault -> {
        LOG.error("reading failed", fault);
        // Says nothing about the bytes: no file descriptors, a device that comes back.
        yield new Answer(
            Reason.REASON_NOT_HERE,
            "stored bytes cannot be read at the moment (%s): retry with backoff; if it stays so, the server's log and its disk need a look"
                .formatted(text(fault)));
      }
      default -> {
        LOG.error("a call failed by a defect", cause);
        yield new Answer(
            Reason.REASON_INTERNAL,
            "defect in the server (" + cause + "): its log says more; please report it");
      }
    };
  }

  /** A failure as the status that ends a call. */
  public static StatusRuntimeException status(Throwable failure) {
    Answer answer = answer(failure);
    return status(answer.reason(), answer.message(), answer.leader());
  }

  /** The status that ends a call for a reason. */
  public static StatusRuntimeException status(Reason reason, String message) {
    return status(reason, message, Optional.empty());
  }

  private static StatusRuntimeException status(
      Reason reason, String message, Optional<String> leader) {
    Metadata trailers = new Metadata();
    trailers.put(REASON_KEY, reason.name());
    leader.ifPresent(address -> trailers.put(LEADER_KEY, address));
    return code(reason).toStatus().withDescription(message).asRuntimeException(trailers);
  }

  /** What the engine refused. */
  public static ApiException refused(Refusal refusal) {
    return new ApiException(reason(refusal.rejection()), text(refusal));
  }

  /** What a rejection at apply becomes. */
  public static ApiException rejected(Outcome.Rejected rejected) {
    return new ApiException(reason(rejected.reason()), rejected.message());
  }

  /** An outcome that does not belong to the command. */
  public static IllegalStateException unexpected(Outcome outcome) {
    return new IllegalStateException("outcome does not fit the command: " + outcome);
  }

  /** The API's name of a rejection. */
  public static Reason reason(Rejection rejection) {
    return switch (rejection) {
      case INVALID -> Reason.REASON_INVALID;
      case LIMIT_EXCEEDED -> Reason.REASON_LIMIT_EXCEEDED;
      case UNKNOWN_IMAGE -> Reason.REASON_UNKNOWN_IMAGE;
      case UNKNOWN_CHECKPOINT -> Reason.REASON_UNKNOWN_CHECKPOINT;
      case UNKNOWN_SESSION -> Reason.REASON_UNKNOWN_SESSION;
      case NAME_TAKEN -> Reason.REASON_NAME_TAKEN;
      case NOT_COMMITTED -> Reason.REASON_NOT_COMMITTED;
      case RETIRED -> Reason.REASON_RETIRED;
      case STALE_EPOCH -> Reason.REASON_STALE_EPOCH;
      case WRONG_BASE -> Reason.REASON_WRONG_BASE;
      case SEND_FULL -> Reason.REASON_SEND_FULL;
      case TOO_MANY_OPEN -> Reason.REASON_TOO_MANY_OPEN;
      case ABORTED -> Reason.REASON_ABORTED;
      case DUPLICATE_PAGE -> Reason.REASON_DUPLICATE_PAGE;
      case BAD_CHECKSUM -> Reason.REASON_BAD_CHECKSUM;
      case DIGEST_MISMATCH -> Reason.REASON_DIGEST_MISMATCH;
      case INCOMPLETE -> Reason.REASON_INCOMPLETE;
      case DISK_FULL -> Reason.REASON_DISK_FULL;
      case DAMAGED -> Reason.REASON_DAMAGED;
      case NOT_HERE -> Reason.REASON_NOT_HERE;
      case BEHIND -> Reason.REASON_BEHIND;
      case PINNED -> Reason.REASON_PINNED;
      case OVERLOADED -> Reason.REASON_OVERLOADED;
      case NO_MAJORITY -> Reason.REASON_NO_MAJORITY;
      case QUOTA_EXCEEDED -> Reason.REASON_QUOTA_EXCEEDED;
    };
  }

  /** The status code of a reason, as types.proto documents it; on the way in. */
  public static Status.Code code(Reason reason) {
    return switch (reason) {
      case REASON_INVALID, REASON_LIMIT_EXCEEDED, REASON_DUPLICATE_PAGE ->
          Status.Code.INVALID_ARGUMENT;
      case REASON_UNKNOWN_IMAGE, REASON_UNKNOWN_CHECKPOINT, REASON_UNKNOWN_SESSION ->
          Status.Code.NOT_FOUND;
      case REASON_NAME_TAKEN -> Status.Code.ALREADY_EXISTS;
      case REASON_NOT_COMMITTED,
          REASON_RETIRED,
          REASON_STALE_EPOCH,
          REASON_WRONG_BASE,
          REASON_SEND_FULL,
          REASON_TOO_MANY_OPEN,
          REASON_DIGEST_MISMATCH,
          REASON_INCOMPLETE,
          REASON_PINNED,
          REASON_WRONG_CLUSTER,
          REASON_NOT_INITIALISED ->
          Status.Code.FAILED_PRECONDITION;
      case REASON_ABORTED -> Status.Code.ABORTED;
      // On the way in a bad checksum is answered inside the stream; as a status it ends a read.
      case REASON_BAD_CHECKSUM, REASON_DAMAGED -> Status.Code.DATA_LOSS;
      case REASON_DISK_FULL, REASON_QUOTA_EXCEEDED, REASON_OVERLOADED ->
          Status.Code.RESOURCE_EXHAUSTED;
      case REASON_NOT_HERE,
          REASON_BEHIND,
          REASON_NO_LEADER,
          REASON_SHUTTING_DOWN,
          REASON_NO_MAJORITY ->
          Status.Code.UNAVAILABLE;
      case REASON_UNKNOWN_OUTCOME -> Status.Code.DEADLINE_EXCEEDED;
      case REASON_UNSPECIFIED, REASON_INTERNAL, UNRECOGNIZED -> Status.Code.INTERNAL;
    };
  }

  private static String text(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? failure.toString() : message;
  }
}
