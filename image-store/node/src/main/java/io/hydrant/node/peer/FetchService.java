package io.hydrant.node.peer;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.peer.v1.FetchMetadataRequest;
import io.hydrant.peer.v1.MetadataPart;
import io.hydrant.v1.Reason;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** What this node gives peers that lack something. */
final class FetchService {
  /** Its bytes are on the heap, once a call. */
  private static final int METADATA_CALLS_MAX = 2;

  private final PeerStore store;
  private final Executor pool;
  private final Semaphore metadata = new Semaphore(METADATA_CALLS_MAX);

  /**
   * @param pool reads and encodes
   */
  FetchService(PeerStore store, Executor pool) {
    this.store = store;
    this.pool = pool;
  }

  void metadata(FetchMetadataRequest request, StreamObserver<MetadataPart> observer) {
    serve(
        metadata,
        observer,
        () -> MetadataParts.of(store.frozenCatalog(), request.getFirstAvailable()));
  }

  private <T> void serve(
      Semaphore permits, StreamObserver<T> observer, PartStream.Opening<T> opening) {
    if (!permits.tryAcquire()) {
      observer.onError(
          ApiErrors.status(
              Reason.REASON_OVERLOADED, "this replica serves others already: ask again, or another"));
      return;
    }
    AtomicBoolean ended = new AtomicBoolean();
    PartStream.start(
        (ServerCallStreamObserver<T>) observer,
        pool,
        opening,
        () -> {
          if (ended.compareAndSet(false, true)) {
            permits.release();
          }
        });
  }
}
