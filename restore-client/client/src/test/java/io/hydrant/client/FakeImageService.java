package io.hydrant.client;

import com.google.protobuf.ByteString;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import io.hydrant.v1.AcquireProtectionRequest;
import io.hydrant.v1.AcquireProtectionResponse;
import io.hydrant.v1.CreateImageRequest;
import io.hydrant.v1.DeleteImageRequest;
import io.hydrant.v1.DeleteImageResponse;
import io.hydrant.v1.GetImageRequest;
import io.hydrant.v1.Image;
import io.hydrant.v1.ImageServiceGrpc;
import io.hydrant.v1.ListCheckpointsRequest;
import io.hydrant.v1.ListCheckpointsResponse;
import io.hydrant.v1.ListImagesRequest;
import io.hydrant.v1.ListImagesResponse;
import io.hydrant.v1.NameCheckpointRequest;
import io.hydrant.v1.NameCheckpointResponse;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.ReleaseNameRequest;
import io.hydrant.v1.ReleaseNameResponse;
import io.hydrant.v1.SetQuotaRequest;
import io.hydrant.v1.SetRetentionRequest;
import io.hydrant.v1.TakeOverRestore;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

final class FakeImageService extends ImageServiceGrpc.ImageServiceImplBase {
  /** Small, so that listing needs several calls. */
  private static final int LIST_MAX = 3;

  /** What every member answers. */
  private static final Set<String> READS =
      Set.of("getImage", "listImages", "listCheckpoints", "getServerInfo", "stats");

  private final FakeStore store;
  private final Faults faults;

  FakeImageService(FakeStore store, Faults faults) {
    this.store = store;
    this.faults = faults;
  }

  static <T> void answer(
      Faults faults, String method, StreamObserver<T> observer, Supplier<T> call) {
    if (faults.silent) {
      return;
    }
    Supplier<StatusRuntimeException> notLeading = faults.notLeading;
    if (notLeading != null && !READS.contains(method)) {
      observer.onError(notLeading.get());
      return;
    }
    T value;
    try {
      value = call.get();
      // After the effect: a lost answer is the harder case.
      faults.unary.accept(method);
    } catch (RuntimeException e) {
      observer.onError(e);
      return;
    }
    observer.onNext(value);
    observer.onCompleted();
  }

  @Override
  public void createImage(CreateImageRequest request, StreamObserver<Image> observer) {
    answer(
        faults,
        "createImage",
        observer,
        () -> {
          FakeStore.ImageData image =
              store.create(request.getName(), request.getRequestId(), request.getRetention());
          image.quotaBytes = request.getQuotaBytes();
          return store.describe(image);
        });
  }

  @Override
  public void getImage(GetImageRequest request, StreamObserver<Image> observer) {
    answer(faults, "getImage", observer, () -> store.describe(store.find(request.getImage())));
  }

  @Override
  public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> observer) {
    answer(
        faults,
        "listImages",
        observer,
        () -> {
          List<Image> images =
              store.list(request.getNamePrefix(), request.getAfterName(), LIST_MAX);
          return ListImagesResponse.newBuilder()
              .addAllImages(images)
              .setMore(images.size() == LIST_MAX)
              .build();
        });
  }

  @Override
  public void deleteImage(
      DeleteImageRequest request, StreamObserver<DeleteImageResponse> observer) {
    answer(
        faults,
        "deleteImage",
        observer,
        () -> {
          store.delete(request.getImage());
          return DeleteImageResponse.newBuilder().setDeleted(true).build();
        });
  }

  @Override
  public void setRetention(SetRetentionRequest request, StreamObserver<Image> observer) {
    answer(
        faults,
        "setRetention",
        observer,
        () -> {
          FakeStore.ImageData image = store.find(request.getImage());
          image.retention = request.getRetention();
          return store.describe(image);
        });
  }

  @Override
  public void setQuota(SetQuotaRequest request, StreamObserver<Image> observer) {
    answer(
        faults,
        "setQuota",
        observer,
        () -> {
          FakeStore.ImageData image = store.find(request.getImage());
          image.quotaBytes = request.getQuotaBytes();
          return store.describe(image);
        });
  }

  @Override
  public void nameCheckpoint(
      NameCheckpointRequest request, StreamObserver<NameCheckpointResponse> observer) {
    answer(
        faults,
        "nameCheckpoint",
        observer,
        () ->
            NameCheckpointResponse.newBuilder()
                .setCheckpoint(
                    store.name(request.getImage(), request.getCheckpoint(), request.getName()))
                .build());
  }

  @Override
  public void releaseName(
      ReleaseNameRequest request, StreamObserver<ReleaseNameResponse> observer) {
    answer(
        faults,
        "releaseName",
        observer,
        () ->
            ReleaseNameResponse.newBuilder()
                .setReleased(store.release(request.getImage(), request.getName()))
                .build());
  }

  @Override
  public void acquireProtection(
      AcquireProtectionRequest request, StreamObserver<AcquireProtectionResponse> observer) {
    answer(
        faults,
        "acquireProtection",
        observer,
        () -> {
          FakeStore.ImageData image =
              store.acquire(
                  request.getImage(),
                  request.getSeenEpoch(),
                  request.getAnyEpoch(),
                  request.getOwnerToken());
          AcquireProtectionResponse.Builder response =
              AcquireProtectionResponse.newBuilder().setImageUid(image.uid).setEpoch(image.epoch);
          if (request.getRestore() != TakeOverRestore.TAKE_OVER_RESTORE_UNSPECIFIED) {
            ByteString token =
                store.openSession(
                    request.getImage(),
                    store.named(
                        request.getImage(), request.getCheckpointName(), request.getCheckpoint()),
                    request.getOwnerToken());
            FakeStore.Content content = store.session(token);
            image.head = store.describe(content).getId();
            response.setRestore(
                OpenRestoreResponse.newBuilder()
                    .setToken(token)
                    .setCheckpoint(store.describe(content))
                    .setLeaseMillis(faults.leaseMillis)
                    .setImageUid(image.uid));
          }
          return response.setHead(image.head).build();
        });
  }

  @Override
  public void listCheckpoints(
      ListCheckpointsRequest request, StreamObserver<ListCheckpointsResponse> observer) {
    answer(
        faults,
        "listCheckpoints",
        observer,
        () ->
            ListCheckpointsResponse.newBuilder()
                .addAllCheckpoints(store.checkpoints(request.getImage()))
                .build());
  }
}
