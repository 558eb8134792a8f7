package io.hydrant.chaos.load;

import io.hydrant.client.CancelledException;
import io.hydrant.client.DamagedPageException;
import io.hydrant.client.HydrantException;
import io.hydrant.client.ProtocolViolationException;
import io.hydrant.client.RejectedException;
import io.hydrant.client.UnavailableException;
import io.hydrant.client.UnknownOutcomeException;
import io.hydrant.testkit.history.Result;
import io.hydrant.v1.Reason;
import java.util.Set;

/** What a failure of the client library says, in the words of a history. */
final class Outcomes {
  /** A client that keeps the rules never sees them, whatever the servers suffer. */
  private static final Set<Reason> DEFECTS =
      Set.of(
          Reason.REASON_UNSPECIFIED,
          Reason.REASON_INVALID,
          Reason.REASON_LIMIT_EXCEEDED,
          Reason.REASON_UNKNOWN_IMAGE,
          Reason.REASON_NAME_TAKEN,
          Reason.REASON_DUPLICATE_PAGE,
          Reason.REASON_BAD_CHECKSUM,
          Reason.REASON_DIGEST_MISMATCH,
          Reason.REASON_INCOMPLETE,
          Reason.REASON_INTERNAL,
          Reason.REASON_WRONG_CLUSTER,
          Reason.REASON_NOT_INITIALISED);

  private final Tally tally;

  Outcomes(Tally tally) {
    this.tally = tally;
  }

  /** Counts it as well, and reports what no fault explains. */
  <T> Result<T> of(String what, Throwable failure) {
    return switch (failure) {
      case RejectedException rejected -> {
        tally.refused(rejected.reason());
        if (DEFECTS.contains(rejected.reason())) {
          tally.violation(what + " keeps the rules and was refused: " + chain(rejected));
        }
        yield new Result.Failed<>(why(rejected.reason()));
      }
      case DamagedPageException damaged -> {
        tally.count("answers: damaged");
        yield new Result.Failed<>(Result.Why.DAMAGED);
      }
      case UnavailableException unavailable -> {
        tally.count("answers: unavailable");
        yield new Result.Failed<>(Result.Why.OTHER);
      }
      case UnknownOutcomeException unknown -> {
        tally.count("answers: unknown outcome");
        yield new Result.Unknown<>();
      }
      case CancelledException cancelled -> new Result.Unknown<>();
      case ProtocolViolationException violation -> {
        tally.violation(what + ": a server breaks the API: " + chain(violation));
        yield new Result.Unknown<>();
      }
      case HydrantException other -> {
        tally.violation(what + ": " + chain(other));
        yield new Result.Unknown<>();
      }
      default -> {
        tally.violation(what + ": the client library threw " + chain(failure));
        yield new Result.Unknown<>();
      }
    };
  }

  private static Result.Why why(Reason reason) {
    return switch (reason) {
      case REASON_STALE_EPOCH -> Result.Why.STALE_EPOCH;
      case REASON_UNKNOWN_CHECKPOINT, REASON_NOT_COMMITTED -> Result.Why.NOT_COMMITTED;
      case REASON_RETIRED -> Result.Why.RETIRED;
      case REASON_UNKNOWN_SESSION -> Result.Why.GONE;
      case REASON_DAMAGED -> Result.Why.DAMAGED;
      default -> Result.Why.OTHER;
    };
  }

  /** A failure with its causes, in one line. */
  static String chain(Throwable failure) {
    StringBuilder text = new StringBuilder(failure.toString());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      text.append("; caused by ").append(cause);
    }
    return text.toString();
  }
}
