package io.hydrant.node.api;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Quota;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.catalog.RetentionPolicy;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.node.replication.Proposals;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.DeleteImageRequest;
import io.hydrant.v1.DeleteImageResponse;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.ImageServiceGrpc;
import io.hydrant.v1.ListCheckpointsRequest;
import io.hydrant.v1.ListCheckpointsResponse;
import io.hydrant.v1.ListImagesRequest;
import io.hydrant.v1.ListImagesResponse;
import io.hydrant.v1.NameCheckpointRequest;
import io.hydrant.v1.NameCheckpointResponse;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.ReleaseNameRequest;
import io.hydrant.v1.ReleaseNameResponse;
import io.hydrant.v1.SetQuotaRequest;
import io.hydrant.v1.SetRetentionRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Images, their owners and their checkpoints. Changes go through the log; lists and status claim to
 * be current and wait for a read index first (PROTOCOL R19).
 */
public final class ImageService extends ImageServiceGrpc.ImageServiceImplBase {
  /** Of one ListImages answer. */
  public static final int LIST_IMAGES_MAX = 1_000;

  private final Catalog catalog;
  private final Proposals proposals;
  private final TakeOverSessions sessions;
  private final UnaryCalls calls;
  private final NameCalls names;

  public ImageService(
      Catalog catalog, Proposals proposals, TakeOverSessions sessions, Executor executor) {
    this.catalog = catalog;
    this.proposals = proposals;
    this.sessions = sessions;
    this.calls = new UnaryCalls(executor);
    this.names = new NameCalls(catalog, proposals);
  }

  @Override
  public void createImage(CreateImageRequest request, StreamObserver<Image> observer) {
    calls.answer(
        observer,
        () -> {
          Command create =
              new Command.CreateImage(
                  Requests.name(request.getName()),
                  RetentionMessages.read(request.getRetention()),
                  Requests.durability(request.getDurability()),
                  Requests.quota(request.getQuotaBytes()));
          RequestId id = Requests.id(request.getRequestId(), "request_id");
          return proposals
              .propose(create, id)
              .thenApply(outcome ->
                  switch (outcome) {
                    case Outcome.ImageCreated created -> image(created.image());
                    case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                    default -> throw ApiErrors.unexpected(outcome);
                  });
        });
  }

  @Override
  public void getImage(GetImageRequest request, StreamObserver<Image> observer) {
    calls.answer(
        observer,
        () ->
            proposals
                .current()
                .thenApply(index ->
                    ImageMessages.image(Requests.image(catalog, request.getImage()), index)));
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> observer) {
    calls.answer(
        observer,
        () -> {
          int limit = request.getLimit() == 0 ? LIST_IMAGES_MAX : request.getLimit();
          if (limit < 1 || limit > LIST_IMAGES_MAX) {
            throw ApiException.invalid(
                "limit must be 1 to %d, not %s"
                    .formatted(LIST_IMAGES_MAX, Integer.toUnsignedString(limit)));
          }
          return proposals
              .current()
              .thenApplyAsync(index -> list(request, limit, index), calls.executor());
        });
  }

  private ListImagesResponse list(ListImagesRequest request, int limit, long index) {
    ListImagesResponse.Builder response = ListImagesResponse.newBuilder();
    for (ImageState image : catalog.images()) {
      if (image.name().startsWith(request.getNamePrefix())
          && image.name().compareTo(request.getAfterName()) > 0) {
        if (response.getImagesCount() == limit) {
          return response.setMore(true).build();
        }
        response.addImages(ImageMessages.image(image, index));
      }
    }
    return response.build();
  }

  @Override
  public void deleteImage(
      DeleteImageRequest request, StreamObserver<DeleteImageResponse> observer) {
    calls.answer(
        observer,
        () ->
            found(request.getImage())
                .thenCompose(image ->
                    proposals.propose(
                        new Command.DeleteImage(image.id(), defer(request.getWhenPinned()))))
                .thenApply(outcome ->
                    switch (outcome) {
                      case Outcome.ImageDeleted deleted ->
                          DeleteImageResponse.newBuilder().setDeleted(!deleted.deferred()).build();
                      case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                      default -> throw ApiErrors.unexpected(outcome);
                    }));
  }

  private static boolean defer(PinnedDelete whenPinned) {
    return switch (whenPinned) {
      case PINNED_DELETE_UNSPECIFIED, PINNED_DELETE_REFUSE -> false;
      case PINNED_DELETE_DEFER -> true;
      case UNRECOGNIZED -> throw ApiException.invalid("when_pinned has an unknown value");
    };
  }

  @Override
  public void setRetention(SetRetentionRequest request, StreamObserver<Image> observer) {
    calls.answer(
        observer,
        () -> {
          RetentionPolicy retention = RetentionMessages.read(request.getRetention());
          return found(request.getImage())
              .thenCompose(image ->
                  proposals
                      .propose(new Command.SetRetention(image.id(), retention))
                      .thenApply(outcome ->
                          switch (outcome) {
                            case Outcome.RetentionSet() -> image(image.id());
                            case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                            default -> throw ApiErrors.unexpected(outcome);
                          }));
        });
  }

  @Override
  public void setQuota(SetQuotaRequest request, StreamObserver<Image> observer) {
    calls.answer(
        observer,
        () -> {
          Optional<Quota> quota = Requests.quota(request.getQuotaBytes());
          return found(request.getImage())
              .thenCompose(image ->
                  proposals
                      .propose(new Command.SetQuota(image.id(), quota))
                      .thenApply(outcome ->
                          switch (outcome) {
                            case Outcome.QuotaSet() -> image(image.id());
                            case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                            default -> throw ApiErrors.unexpected(outcome);
                          }));
        });
  }

  @Override
  public void nameCheckpoint(
      NameCheckpointRequest request, StreamObserver<NameCheckpointResponse> observer) {
    calls.answer(observer, () -> names.name(request));
  }

  @Override
  public void releaseName(
      ReleaseNameRequest request, StreamObserver<ReleaseNameResponse> observer) {
    calls.answer(observer, () -> names.release(request));
  }

  @Override
  public void acquireProtection(
      AcquireProtectionRequest request, StreamObserver<AcquireProtectionResponse> observer) {
    calls.answer(
        observer,
        () -> {
          Requests.TakeOver asked = Requests.takeOver(request);
          RequestId owner = Requests.id(request.getOwnerToken(), "owner_token");
          if (owner.equals(RequestId.NONE)) {
            throw ApiException.invalid(
                "owner_token must be 16 random bytes, made anew by every process life");
          }
          Optional<Epoch> seen =
              request.getAnyEpoch()
                  ? Optional.empty()
                  : Optional.of(epoch(request.getSeenEpoch(), "seen_epoch"));
          return found(request.getImage())
              .thenCompose(image -> {
                Command.Restore restore = asked.of(image);
                // A repeat takes no room, and must not be told that nothing was fenced.
                if (!restore.equals(Command.Restore.NONE) && !image.isOwnedBy(owner)) {
                  sessions.requireRoom();
                }
                return proposals
                    .propose(new Command.Acquire(image.id(), seen, owner, restore))
                    .thenApply(outcome -> acquired(image.id(), outcome));
              });
        });
  }

  private AcquireProtectionResponse acquired(ImageId image, Outcome outcome) {
    return switch (outcome) {
      case Outcome.Acquired acquired -> {
        AcquireProtectionResponse.Builder response =
            AcquireProtectionResponse.newBuilder()
                .setImageUid(image.value())
                .setEpoch(acquired.epoch().value())
                .setHead(acquired.head().map(CheckpointId::value).orElse(0L))
                .setHeadDigest(
                    acquired
                        .headDigest()
                        .map(digest -> ByteString.copyFrom(digest.toBytes()))
                        .orElse(ByteString.EMPTY));
        acquired.session().map(sessions::opened).ifPresent(response::setRestore);
        yield response.build();
      }
      case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
      default -> throw ApiErrors.unexpected(outcome);
    };
  }

  @Override
  public void listCheckpoints(
      ListCheckpointsRequest request, StreamObserver<ListCheckpointsResponse> observer) {
    calls.answer(
        observer,
        () ->
            found(request.getImage())
                .thenApplyAsync(
                    image ->
                        ListCheckpointsResponse.newBuilder()
                            .addAllCheckpoints(ImageMessages.checkpoints(image))
                            .build(),
                    calls.executor()));
  }

  /** An epoch of a request. */
  public static Epoch epoch(long value, String field) {
    if (value < 0) {
      throw ApiException.invalid(
          "%s must be an epoch that AcquireProtection returned, not %s"
              .formatted(field, Long.toUnsignedString(value)));
    }
    return new Epoch(value);
  }

  private CompletableFuture<ImageState> found(ImageRef ref) {
    return proposals.current().thenApply(index -> Requests.image(catalog, ref));
  }

  /** The index is read first: the image is at least as new. */
  private Image image(ImageId id) {
    long index = catalog.applied().index();
    return ImageMessages.image(Requests.image(catalog, id.value()), index);
  }
}
