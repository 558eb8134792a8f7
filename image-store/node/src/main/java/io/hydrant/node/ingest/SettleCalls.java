package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.api.Requests;
import io.hydrant.node.replication.NotLeadingException;
import io.hydrant.node.replication.Replication;
import io.hydrant.v1.CheckpointState;
import io.hydrant.v1.Reason;
import io.hydrant.v1.SettleRequest;
import io.hydrant.v1.SettleResponse;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * Says what became of a checkpoint whose commit got no answer, and sees to it that it becomes
 * something (PROTOCOL R5): committed where its bytes are here whole and durable, else aborted, both
 * by the log. Only an applied entry is an answer.
 */
final class SettleCalls {
  private final IngestPorts ports;

  SettleCalls(IngestPorts ports) {
    this.ports = ports;
  }

  /**
   * Blocks on the disk. A replica that does not lead may not have applied what it is asked for: it
   * never says that there is no such thing.
   */
  CompletableFuture<SettleResponse> settle(SettleRequest request) {
    try {
      return settleHere(request);
    } catch (ApiException e) {
      boolean unknown =
          e.reason() == Reason.REASON_UNKNOWN_IMAGE
              || e.reason() == Reason.REASON_UNKNOWN_CHECKPOINT;
      return CompletableFuture.failedFuture(
          unknown && !ports.proposals().leads()
              ? new NotLeadingException("", Optional.empty())
              : e);
    }
  }

  private CompletableFuture<SettleResponse> settleHere(SettleRequest request) {
    ImageState image = Requests.image(ports.catalog(), request.getImageUid());
    CheckpointKey key = key(image, request.getCheckpoint());
    Command.Content claim;
    try {
      claim = CheckpointStream.claim(request.getCommit());
    } catch (Refusal e) {
      throw ApiErrors.refused(e);
    }
    SettleResponse decided = decided(image, key, claim.digest());
    if (decided != null) {
      return CompletableFuture.completedFuture(decided);
    }
    return open(image, key, claim, request.getEpoch());
  }

  /** The answer for an id that is final; null while it is open. */
  private static @Nullable SettleResponse decided(
      ImageState image, CheckpointKey key, Digest claimed) {
    return switch (image.fate(key.checkpoint())) {
      case COMMITTED -> committed(image, key, claimed);
      case RETIRED ->
          SettleResponse.newBuilder().setState(CheckpointState.CHECKPOINT_STATE_RETIRED).build();
      case ABORTED -> aborted(Reason.REASON_ABORTED, key + " was aborted; open a new one");
      case OPEN -> null;
      case UNKNOWN ->
          throw new ApiException(
              Reason.REASON_UNKNOWN_CHECKPOINT,
              "%s has no %s: such an id was never given out"
                  .formatted(image.id(), key.checkpoint()));
    };
  }

  private static CheckpointKey key(ImageState image, long checkpoint) {
    if (checkpoint < 1 || checkpoint > CheckpointId.MAX) {
      throw ApiException.invalid(
          "checkpoint must be an id that Opened told, not " + Long.toUnsignedString(checkpoint));
    }
    return new CheckpointKey(image.id(), new CheckpointId(checkpoint));
  }

  private static SettleResponse committed(ImageState image, CheckpointKey key, Digest claimed) {
    CheckpointInfo info = image.committed().get(key.checkpoint());
    CheckpointInfo.CommitInfo commit = info == null ? null : info.commit().orElse(null);
    if (commit == null) {
      throw new IllegalStateException(key + " is committed but not there");
    }
    Digest digest = commit.content().digest();
    if (!digest.equals(claimed)) {
      throw new ApiException(
          Reason.REASON_DIGEST_MISMATCH,
          "%s was committed with digest %s, not %s: this is another protector's checkpoint"
              .formatted(key, digest, claimed));
    }
    return SettleResponse.newBuilder()
        .setState(CheckpointState.CHECKPOINT_STATE_COMMITTED)
        .setIndex(commit.index())
        .build();
  }

  private CompletableFuture<SettleResponse> open(
      ImageState image, CheckpointKey key, Command.Content claim, long epoch) {
    CheckpointInfo info = image.open().get(key.checkpoint());
    if (info == null || info.epoch().value() != epoch) {
      throw new ApiException(
          Reason.REASON_STALE_EPOCH,
          "%s was not opened under epoch %s".formatted(key, Long.toUnsignedString(epoch)));
    }
    CompletableFuture<Outcome> outcome =
        ports.open().settle(key, () -> commitOrAbort(key, info.epoch(), claim));
    if (outcome == null) {
      return CompletableFuture.completedFuture(
          undecided(key + " is still being written by a stream: end it, and ask again"));
    }
    return outcome
        .thenCompose(result ->
            result instanceof Outcome.Rejected
                ? abort(key, info.epoch())
                : CompletableFuture.completedFuture(result))
        .thenApply(SettleCalls::answer)
        .exceptionally(failure -> lookedUpAgain(key, claim.digest(), failure));
  }

  /**
   * What the catalog says by now, if the question was overtaken by the stream or by another one.
   */
  private SettleResponse lookedUpAgain(CheckpointKey key, Digest claimed, Throwable failure) {
    if (Replication.cause(failure) instanceof ApiException overtaken
        && overtaken.reason() == Reason.REASON_UNKNOWN_OUTCOME) {
      ImageState image = Requests.image(ports.catalog(), key.image().value());
      SettleResponse decided = decided(image, key, claimed);
      return decided == null ? undecided(String.valueOf(overtaken.getMessage())) : decided;
    }
    throw new CompletionException(Replication.cause(failure));
  }

  private static SettleResponse undecided(String message) {
    return SettleResponse.newBuilder()
        .setState(CheckpointState.CHECKPOINT_STATE_OPEN)
        .setReason(Reason.REASON_UNKNOWN_OUTCOME)
        .setMessage(message)
        .build();
  }

  private static SettleResponse answer(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Committed committed ->
          SettleResponse.newBuilder()
              .setState(CheckpointState.CHECKPOINT_STATE_COMMITTED)
              .setIndex(committed.index())
              .build();
      case Outcome.Aborted aborted ->
          aborted(
              Reason.REASON_ABORTED,
              aborted.key() + " was not complete and is aborted; open a new one");
      default -> throw ApiErrors.unexpected(outcome);
    };
  }

  private static SettleResponse aborted(Reason reason, String message) {
    return SettleResponse.newBuilder()
        .setState(CheckpointState.CHECKPOINT_STATE_ABORTED)
        .setReason(reason)
        .setMessage(message)
        .build();
  }

  private CompletableFuture<Outcome> commitOrAbort(
      CheckpointKey key, Epoch epoch, Command.Content claim) {
    CompletableFuture<Held> holding;
    try {
      holding = ports.staging().held(key, epoch, claim);
    } catch (Refusal e) {
      // Not here as claimed: nothing can make it so any more.
      return e.rejection() == Rejection.UNKNOWN_IMAGE
          ? CompletableFuture.failedFuture(e)
          : abort(key, epoch);
    } catch (IOException e) {
      ports.failStop().stop("settling " + key + " failed", e);
      return CompletableFuture.failedFuture(e);
    }
    return holding
        .handle((held, failure) ->
            held == null ? notHeld(key, epoch, failure) : commit(key, epoch, held))
        .thenCompose(outcome -> outcome);
  }

  private CompletableFuture<Outcome> commit(CheckpointKey key, Epoch epoch, Held held) {
    try {
      ports.staging().requireHeld(key.image(), held);
    } catch (Refusal e) {
      return notHeld(key, epoch, e);
    }
    return ports
        .proposals()
        .propose(new Command.Commit(key, epoch, held.content(), held.holders()));
  }

  /** Too few replicas have it: an acknowledged one would be applied here by now. */
  private CompletableFuture<Outcome> notHeld(
      CheckpointKey key, Epoch epoch, @Nullable Throwable failure) {
    Throwable cause =
        failure == null ? new IllegalStateException("no holders") : Replication.cause(failure);
    if (cause instanceof Refusal) {
      return abort(key, epoch);
    }
    if (cause instanceof IOException) {
      ports.failStop().stop("settling " + key + " failed", cause);
    }
    return CompletableFuture.failedFuture(cause);
  }

  private CompletableFuture<Outcome> abort(CheckpointKey key, Epoch epoch) {
    return ports
        .proposals()
        .propose(new Command.Abort(key, Optional.of(epoch)))
        .thenApply(outcome -> {
          if (outcome instanceof Outcome.Rejected rejected) {
            // Final in the meantime: asking again finds out how.
            throw new CompletionException(
                new ApiException(
                    Reason.REASON_UNKNOWN_OUTCOME, rejected.message() + "; ask again"));
          }
          return outcome;
        });
  }
}
