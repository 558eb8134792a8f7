package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import com.google.protobuf.MessageLite;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.CallExecutors;
import io.hydrant.node.api.StreamGate;
import io.hydrant.node.api.TakeOverSessions;
import io.hydrant.node.config.RestoreConfig;
import io.hydrant.node.replication.Proposals;
import io.hydrant.v1.BeginRestorePart;
import io.hydrant.v1.BeginRestoreRequest;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.CloseRestoreResponse;
import io.hydrant.v1.FetchRequest;
import io.hydrant.v1.FetchResponse;
import io.hydrant.v1.LearnRestoreRequest;
import io.hydrant.v1.LearnRestoreResponse;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.PageDigestsRequest;
import io.hydrant.v1.Pages;
import io.hydrant.v1.PlanPart;
import io.hydrant.v1.PrefetchRequest;
import io.hydrant.v1.ReadPlanRequest;
import io.hydrant.v1.ReadSlimRequest;
import io.hydrant.v1.RenewRestoreRequest;
import io.hydrant.v1.RenewRestoreResponse;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/** The way out: sessions, and the streams that read within them. */
public final class RestoreService extends RestoreServiceGrpc.RestoreServiceImplBase {
  /** Requests of a FetchPages stream that are received and not answered. */
  public static final int FETCH_WINDOW_REQUESTS = FetchStream.WINDOW_REQUESTS;

  /** Content that BeginRestore sends behind the slim state. */
  public static final long FIRST_BYTES_MAX = BeginParts.FIRST_BYTES_MAX;

  /** Ranges of one LearnRestore. */
  public static final int LEARNED_RANGES_MAX = Plans.RANGES_MAX;

  /** Pages of one LearnRestore, and those written last of one ReadPlan. */
  public static final int LEARNED_PAGES_MAX = Plans.PAGES_MAX;

  /** Ranges of one Prefetch. */
  public static final int PREFETCH_RANGES_MAX = PrefetchParts.RANGES_MAX;

  private final RestoreConfig config;
  private final CallExecutors executors;
  private final SessionCalls calls;
  private final RestoreReads reads;
  private final Catalog catalog;
  private final StreamGate gate;

  private RestoreService(
      RestoreConfig config,
      CallExecutors executors,
      SessionCalls calls,
      RestoreReads reads,
      Catalog catalog) {
    this.config = config;
    this.executors = executors;
    this.calls = calls;
    this.reads = reads;
    this.catalog = catalog;
    this.gate = new StreamGate("restore", "restore_streams", config.streamsMax());
  }

  /** The parts of the replica that restores work with. */
  public record Replica(Reading reading, Catalog catalog, Proposals proposals) {}

  /**
   * @param executors the pools on which its calls run
   */
  public static RestoreService of(
      RestoreConfig config, Replica replica, Leases leases, CallExecutors executors) {
    Sessions sessions = new Sessions(replica.catalog(), replica.reading());
    return new RestoreService(
        config,
        executors,
        new SessionCalls(config, replica, sessions, leases, executors.api()),
        new RestoreReads(replica.reading(), sessions, new ReadBuffers(), new RestoreCounters()),
        replica.catalog());
  }

  @Override
  public void openRestore(
      OpenRestoreRequest request, StreamObserver<OpenRestoreResponse> observer) {
    calls.open(request, observer);
  }

  @Override
  public void beginRestore(BeginRestoreRequest request, StreamObserver<BeginRestorePart> observer) {
    try {
      BeginParts.check(request.getFirstBytes());
      gate.enter();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      return;
    }
    Runnable leave = leaveOnce();
    try {
      PacedStream.start(
          (ServerCallStreamObserver<BeginRestorePart>) observer,
          executors.api(),
          config.sendAheadBytes(),
          calls
              .open(request.getOpen())
              .thenApply(opened -> new BeginParts(reads, catalog, opened, request.getFirstBytes())),
          leave);
    } catch (RuntimeException e) {
      leave.run();
      observer.onError(ApiErrors.status(e));
    }
  }

  @Override
  public void readPlan(ReadPlanRequest request, StreamObserver<PlanPart> observer) {
    start(
        executors.read(),
        request.getToken(),
        observer,
        point -> new PlanParts(reads, catalog, point, request));
  }

  @Override
  public void learnRestore(
      LearnRestoreRequest request, StreamObserver<LearnRestoreResponse> observer) {
    calls.learn(request, observer);
  }

  @Override
  public void renewRestore(
      RenewRestoreRequest request, StreamObserver<RenewRestoreResponse> observer) {
    calls.renew(request, observer);
  }

  @Override
  public void closeRestore(
      CloseRestoreRequest request, StreamObserver<CloseRestoreResponse> observer) {
    calls.close(request, observer);
  }

  @Override
  public void readSlim(ReadSlimRequest request, StreamObserver<SlimPart> observer) {
    start(executors.api(), request.getToken(), observer, point -> new SlimParts(reads, point));
  }

  @Override
  public void prefetch(PrefetchRequest request, StreamObserver<Pages> observer) {
    start(
        executors.read(),
        request.getToken(),
        observer,
        point -> new PrefetchParts(reads, point, request));
  }

  @Override
  public void pageDigests(PageDigestsRequest request, StreamObserver<PageDigestPart> observer) {
    start(
        executors.read(),
        request.getToken(),
        observer,
        point -> new DigestParts(reads, point, request.getRange()));
  }

  @Override
  public StreamObserver<FetchRequest> fetchPages(StreamObserver<FetchResponse> observer) {
    FetchStream stream =
        new FetchStream(
            reads, executors.fault(), (ServerCallStreamObserver<FetchResponse>) observer);
    try {
      gate.enter();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      stream.onError(e);
      return stream;
    }
    stream.start(config.sendAheadBytes(), leaveOnce());
    return stream;
  }

  /** Makes the parts of a stream from what its session reads. */
  @FunctionalInterface
  private interface PartsMaker<T> {
    PacedStream.Parts<T> make(ReadPoint point) throws Refusal, IOException;
  }

  private <T extends MessageLite> void start(
      Executor pool, ByteString token, StreamObserver<T> observer, PartsMaker<T> maker) {
    Runnable leave;
    PacedStream.Parts<T> parts;
    try {
      gate.enter();
      leave = leaveOnce();
    } catch (RuntimeException e) {
      observer.onError(ApiErrors.status(e));
      return;
    }
    try {
      parts = maker.make(reads.sessions().readPoint(token));
    } catch (Refusal | IOException | RuntimeException e) {
      leave.run();
      observer.onError(ApiErrors.status(e));
      return;
    }
    PacedStream.start(
        (ServerCallStreamObserver<T>) observer, pool, config.sendAheadBytes(), parts, leave);
  }

  private Runnable leaveOnce() {
    AtomicBoolean left = new AtomicBoolean();
    return () -> {
      if (left.compareAndSet(false, true)) {
        gate.leave();
      }
    };
  }

  /** For the take-overs that restore. */
  public TakeOverSessions takeOverSessions() {
    return calls;
  }

  public RestoreCounters counters() {
    return reads.counters();
  }

  public int streamCount() {
    return gate.count();
  }
}
