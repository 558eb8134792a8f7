package io.hydrant.node.peer;

import io.grpc.ServerCallHandler;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.Statement.Says;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.cluster.MemberNews;
import io.hydrant.node.ingest.Mailbox;
import io.hydrant.node.replication.FailStop;
import io.hydrant.node.replication.Replication;
import io.hydrant.peer.v1.AskCopiesRequest;
import io.hydrant.peer.v1.AskStatedRequest;
import io.hydrant.peer.v1.Copies;
import io.hydrant.peer.v1.FetchListRequest;
import io.hydrant.peer.v1.FetchMetadataRequest;
import io.hydrant.peer.v1.FetchSlimRequest;
import io.hydrant.peer.v1.FetchTractRequest;
import io.hydrant.peer.v1.Inventory;
import io.hydrant.peer.v1.MetadataPart;
import io.hydrant.peer.v1.PeerServiceGrpc;
import io.hydrant.peer.v1.StageRequest;
import io.hydrant.peer.v1.Stated;
import io.hydrant.peer.v1.TractListPart;
import io.hydrant.peer.v1.TractPart;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What this node answers its peers. */
final class PeerService extends PeerServiceGrpc.PeerServiceImplBase {
  /** An answer that takes longer is "still looking": to be asked again. */
  private static final long ASK_MILLIS_MAX = 500;

  /** Until a replica that lags says so. */
  private static final long BEHIND_MILLIS = 200;

  private static final Says STILL_LOOKING = new Says.Took(0, 0);

  private final PeerLife self;
  private final PeerStore store;
  private final Receptions receptions;
  private final MemberNews news;
  private final FetchService fetches;
  private final DriftWatch drift;
  private final CommitWaits waits;
  private final FailStop failStop;
  private final Executor pool;
  private final Executor restatePool;
  private final Map<Asked, CompletableFuture<Says>> looking = new ConcurrentHashMap<>();

  private record Asked(CheckpointKey key, long epoch, Command.Content claimed) {}

  /** What its calls share with the rest of the data plane. */
  record Parts(
      PeerStore store,
      Receptions receptions,
      MemberNews news,
      FetchService fetches,
      DriftWatch drift,
      CommitWaits waits,
      FailStop failStop) {}

  /**
   * @param pool the stage pool
   * @param restatePool reads again what an earlier life left behind, which may take minutes: not
   *     the stage pool, whose every thread frames of other checkpoints wait for
   */
  PeerService(PeerLife self, Parts parts, Executor pool, Executor restatePool) {
    this.self = self;
    this.store = parts.store();
    this.receptions = parts.receptions();
    this.news = parts.news();
    this.fetches = parts.fetches();
    this.drift = parts.drift();
    this.waits = parts.waits();
    this.failStop = parts.failStop();
    this.pool = pool;
    this.restatePool = restatePool;
  }

  ServerCallHandler<StageRequest, Stated> stageHandler() {
    return ServerCalls.asyncBidiStreamingCall(this::stage);
  }

  @Override
  public StreamObserver<StageRequest> stage(StreamObserver<Stated> observer) {
    return StageReceiver.of(
        receptions, self.life(), (ServerCallStreamObserver<Stated>) observer, new Mailbox(pool));
  }

  @Override
  public void askStated(AskStatedRequest request, StreamObserver<Stated> observer) {
    CheckpointKey key;
    Asked asked;
    try {
      key = CheckpointKey.of(request.getImage(), request.getCheckpoint());
      asked = new Asked(key, request.getEpoch(), StageMessages.claimed(request.getClaim()));
    } catch (IllegalArgumentException e) {
      observer.onError(ApiErrors.status(ApiException.invalid(String.valueOf(e.getMessage()))));
      return;
    }
    looking
        .computeIfAbsent(asked, this::look)
        .copy()
        .completeOnTimeout(STILL_LOOKING, ASK_MILLIS_MAX, TimeUnit.MILLISECONDS)
        .thenAccept(says -> {
          observer.onNext(StageMessages.stated(key, self.life(), says));
          observer.onCompleted();
        });
  }

  /** Looks once, however often it is asked meanwhile. */
  private CompletableFuture<Says> look(Asked asked) {
    CompletableFuture<Says> found =
        CompletableFuture.supplyAsync(() -> state(asked), restatePool)
            .thenCompose(stating -> stating)
            .handle((own, failure) -> says(asked.key(), own, failure));
    // Off this thread, since whoever asks is still noting it.
    found.whenCompleteAsync((_, _) -> looking.remove(asked), pool);
    return found;
  }

  private CompletableFuture<Command.Content> state(Asked asked) {
    try {
      return store.stateAnew(asked.key(), new Epoch(asked.epoch()), asked.claimed());
    } catch (Refusal e) {
      if (e.rejection() == Rejection.BEHIND) {
        return behind(e);
      }
      throw new CompletionException(e);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  /** Not at once: whoever asks asks again as soon as it is answered, and entries take a while. */
  private CompletableFuture<Command.Content> behind(Refusal refusal) {
    return CompletableFuture.supplyAsync(
        () -> {
          throw new CompletionException(refusal);
        },
        CompletableFuture.delayedExecutor(BEHIND_MILLIS, TimeUnit.MILLISECONDS, pool));
  }

  private Says says(CheckpointKey key, Command.@Nullable Content own, @Nullable Throwable failure) {
    if (own != null) {
      return new Says.Holds(own.digest());
    }
    Throwable cause =
        failure == null ? new IllegalStateException("no cause") : Replication.cause(failure);
    if (cause instanceof Refusal refusal) {
      return refusal.rejection() == Rejection.BEHIND
          ? STILL_LOOKING
          : StageMessages.refuses(refusal);
    }
    failStop.stop("stating " + key + " failed", cause);
    return new Says.Refuses(Rejection.NOT_HERE, key + ": this replica stops");
  }

  @Override
  public void fetchList(FetchListRequest request, StreamObserver<TractListPart> observer) {
    fetches.list(request, observer);
  }

  @Override
  public void fetchTract(FetchTractRequest request, StreamObserver<TractPart> observer) {
    fetches.tract(request, observer);
  }

  @Override
  public void fetchSlim(FetchSlimRequest request, StreamObserver<SlimPart> observer) {
    fetches.slim(request, observer);
  }

  @Override
  public void askCopies(AskCopiesRequest request, StreamObserver<Copies> observer) {
    fetches.copies(self, request, observer);
  }

  @Override
  public void fetchMetadata(FetchMetadataRequest request, StreamObserver<MetadataPart> observer) {
    fetches.metadata(request, observer);
  }

  @Override
  public StreamObserver<Inventory> exchange(StreamObserver<Inventory> observer) {
    PeerLife caller = CallIdentity.caller();
    DigestMessages digestsTold = new DigestMessages();
    return new StreamObserver<>() {
      @Override
      public void onNext(Inventory inventory) {
        news.heard(InventoryMessages.view(caller, inventory));
        waits.heard(inventory);
        DigestMessages.report(inventory).ifPresent(report -> drift.heard(caller.node(), report));
        if (((ServerCallStreamObserver<Inventory>) observer).isReady()) {
          observer.onNext(
              digestsTold.with(
                  waits.with(InventoryMessages.message(store.inventory(self))), store.digests()));
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {
        observer.onCompleted();
      }
    };
  }
}
