package io.hydrant.node.api;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.node.replication.Proposals;
import io.hydrant.v1.NameCheckpointRequest;
import io.hydrant.v1.NameCheckpointResponse;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ReleaseNameRequest;
import io.hydrant.v1.ReleaseNameResponse;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** The calls that give names to checkpoints and take them back. */
final class NameCalls {
  private final Catalog catalog;
  private final Proposals proposals;

  NameCalls(Catalog catalog, Proposals proposals) {
    this.catalog = catalog;
    this.proposals = proposals;
  }

  CompletableFuture<NameCheckpointResponse> name(NameCheckpointRequest request) {
    String name = Requests.checkpointName(request.getName());
    CheckpointId checkpoint =
        Requests.checkpoint(request.getCheckpoint())
            .orElseThrow(() -> ApiException.invalid("checkpoint: none is given; give one"));
    return proposals
        .current()
        .thenCompose(_ ->
            proposals.propose(
                new Command.NameCheckpoint(
                    Requests.image(catalog, request.getImage()).id(), checkpoint, name)))
        .thenApply(outcome ->
            switch (outcome) {
              case Outcome.CheckpointNamed named -> named(named.key());
              case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
              default -> throw ApiErrors.unexpected(outcome);
            });
  }

  /** The name may be gone again by now, and the checkpoint with it. */
  private NameCheckpointResponse named(CheckpointKey key) {
    ImageState image = Requests.image(catalog, key.image().value());
    Optional<CheckpointInfo> info = image.checkpoint(key.checkpoint());
    return NameCheckpointResponse.newBuilder()
        .setCheckpoint(
            info.map(found -> ImageMessages.checkpoint(image, found))
                .orElseThrow(() ->
                    new ApiException(
                        Reason.REASON_RETIRED,
                        "%s had the name, but lost it and was retired since"
                            .formatted(key.checkpoint()))))
        .build();
  }

  CompletableFuture<ReleaseNameResponse> release(ReleaseNameRequest request) {
    String name = Requests.checkpointName(request.getName());
    return proposals
        .current()
        .thenCompose(_ ->
            proposals.propose(
                new Command.ReleaseName(Requests.image(catalog, request.getImage()).id(), name)))
        .thenApply(outcome ->
            switch (outcome) {
              case Outcome.NameReleased released ->
                  ReleaseNameResponse.newBuilder().setReleased(released.held()).build();
              case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
              default -> throw ApiErrors.unexpected(outcome);
            });
  }
}
