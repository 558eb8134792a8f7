package io.hydrant.node.restore;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.LearnedPlan;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.catalog.SessionInfo;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.plan.PageRun;
import io.hydrant.engine.plan.PlanFormat;
import io.hydrant.engine.plan.PlanLearning;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.api.ApiErrors;
import io.hydrant.node.api.ApiException;
import io.hydrant.node.api.ImageMessages;
import io.hydrant.node.api.Requests;
import io.hydrant.node.api.TakeOverSessions;
import io.hydrant.node.api.UnaryCalls;
import io.hydrant.node.config.RestoreConfig;
import io.hydrant.node.replication.Proposals;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.CloseRestoreResponse;
import io.hydrant.v1.LearnRestoreRequest;
import io.hydrant.v1.LearnRestoreResponse;
import io.hydrant.v1.OpenRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Reason;
import io.hydrant.v1.RenewRestoreRequest;
import io.hydrant.v1.RenewRestoreResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * Opening, renewing and closing restore sessions: catalog state, changed by entries (PROTOCOL R19,
 * R20).
 */
final class SessionCalls implements TakeOverSessions {
  /** Restores of one image that end within the time of an entry: no more than a few. */
  private static final int LEARN_TRIES = 4;

  private final RestoreConfig config;
  private final Catalog catalog;
  private final Proposals proposals;
  private final Sessions sessions;
  private final Leases leases;
  private final UnaryCalls calls;

  SessionCalls(
      RestoreConfig config,
      RestoreService.Replica replica,
      Sessions sessions,
      Leases leases,
      Executor executor) {
    this.config = config;
    this.catalog = replica.catalog();
    this.proposals = replica.proposals();
    this.sessions = sessions;
    this.leases = leases;
    this.calls = new UnaryCalls(executor);
  }

  void open(OpenRestoreRequest request, StreamObserver<OpenRestoreResponse> observer) {
    calls.answer(observer, () -> open(request));
  }

  /** The session's pin is applied here when this completes. */
  CompletableFuture<OpenRestoreResponse> open(OpenRestoreRequest request) {
    RequestId id = Requests.id(request.getRequestId(), "request_id");
    Requests.Wanted wanted = Requests.wanted(request.getCheckpoint(), request.getCheckpointName());
    int leaseMillis = Requests.leaseMillis(request.getLeaseMillis());
    return resolvable(request, wanted)
        .thenCompose(_ -> {
          ImageState image = Requests.image(catalog, request.getImage());
          requireRoom();
          return proposals.propose(new Command.Pin(image.id(), wanted.of(image), leaseMillis), id);
        })
        .thenApply(SessionCalls::pinned)
        .thenApply(this::opened);
  }

  /**
   * Who leads knows all that was acknowledged, and if it does not lead any more the entry is not
   * taken: so what it finds it may propose at once. That it does not find something is only said by
   * a catalog that is current for certain.
   */
  private CompletableFuture<Long> resolvable(OpenRestoreRequest request, Requests.Wanted wanted) {
    if (proposals.leads()) {
      try {
        wanted.of(Requests.image(catalog, request.getImage()));
        return CompletableFuture.completedFuture(catalog.applied().index());
      } catch (ApiException e) {
        // Looked for again.
      }
    }
    return proposals.current();
  }

  @Override
  public void requireRoom() {
    long open = catalog.images().stream().mapToLong(image -> image.sessions().size()).sum();
    if (open >= config.sessionsMax()) {
      throw new ApiException(
          Reason.REASON_OVERLOADED,
          "%d restore sessions are open, as many as this server allows (restore_sessions): close some, or wait for some to expire"
              .formatted(open));
    }
  }

  private static Outcome.Pinned pinned(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Pinned pinned -> pinned;
      case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
      default -> throw ApiErrors.unexpected(outcome);
    };
  }

  @Override
  public OpenRestoreResponse opened(Outcome.Pinned pinned) {
    ImageState image = Requests.image(catalog, pinned.key().image().value());
    CheckpointInfo info = image.committed().get(pinned.key().checkpoint());
    if (info == null) {
      throw new IllegalStateException(pinned + " pins what is not there");
    }
    // A session's number is the index of the entry that opened it.
    SessionToken token = new SessionToken(pinned.session(), pinned.key(), pinned.session().value());
    return OpenRestoreResponse.newBuilder()
        .setToken(token.encode())
        .setCheckpoint(ImageMessages.checkpoint(image, info))
        .setLeaseMillis(pinned.leaseMillis())
        .setImageUid(pinned.key().image().value())
        .build();
  }

  void renew(RenewRestoreRequest request, StreamObserver<RenewRestoreResponse> observer) {
    calls.answer(
        observer,
        () -> {
          SessionInfo session = session(live(request.getToken()));
          // Only who leads knows when the last renewal was: to any other the session is new.
          if (proposals.leads() && !leases.isEntryDue(session)) {
            return CompletableFuture.completedFuture(renewed(session.leaseMillis()));
          }
          return proposals
              .propose(new Command.Renew(session.id()))
              .thenApply(outcome ->
                  switch (outcome) {
                    case Outcome.Renewed renewed -> renewed(renewed.leaseMillis());
                    case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                    default -> throw ApiErrors.unexpected(outcome);
                  });
        });
  }

  /** Of the image as a whole, whichever of its checkpoints was restored. */
  void learn(LearnRestoreRequest request, StreamObserver<LearnRestoreResponse> observer) {
    calls.answer(
        observer,
        () -> {
          SessionInfo session = session(live(request.getToken()));
          ImageState image = Requests.image(catalog, session.image().value());
          RegionTable regions =
              image.checkpoint(session.checkpoint()).map(CheckpointInfo::regions).orElseThrow();
          List<PageRange> all = new ArrayList<>(request.getTouchedList());
          all.addAll(request.getUnseenList());
          List<PageRun> runs = Plans.runs(all, regions);
          List<PageRun> touched = runs.subList(0, request.getTouchedCount());
          List<PageRun> unseen = runs.subList(request.getTouchedCount(), runs.size());
          return learn(image.id(), touched, unseen, LEARN_TRIES)
              .thenApply(version -> LearnRestoreResponse.newBuilder().setVersion(version).build());
        });
  }

  /** Anew where another restore was learned from meanwhile. */
  private CompletableFuture<Long> learn(
      ImageId id, List<PageRun> touched, List<PageRun> unseen, int tries) {
    ImageState image = Requests.image(catalog, id.value());
    byte[] next = PlanFormat.encode(PlanLearning.learn(Plans.of(image), touched, unseen));
    LearnedPlan plan = new LearnedPlan(image.plan().version() + 1, next);
    return proposals
        .propose(new Command.LearnPlan(id, plan))
        .thenComposeAsync(
            outcome ->
                switch (outcome) {
                  case Outcome.PlanLearned learned when learned.taken() || tries == 1 ->
                      CompletableFuture.completedFuture(learned.version());
                  case Outcome.PlanLearned _ -> learn(id, touched, unseen, tries - 1);
                  case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                  default -> throw ApiErrors.unexpected(outcome);
                },
            calls.executor());
  }

  private static RenewRestoreResponse renewed(int leaseMillis) {
    return RenewRestoreResponse.newBuilder().setLeaseMillis(leaseMillis).build();
  }

  void close(CloseRestoreRequest request, StreamObserver<CloseRestoreResponse> observer) {
    calls.answer(
        observer,
        () ->
            proposals
                .propose(new Command.Unpin(live(request.getToken()), Optional.empty()))
                .thenApply(outcome ->
                    switch (outcome) {
                      case Outcome.Unpinned() -> CloseRestoreResponse.getDefaultInstance();
                      case Outcome.Rejected rejected -> throw ApiErrors.rejected(rejected);
                      default -> throw ApiErrors.unexpected(outcome);
                    }));
  }

  private SessionId live(ByteString token) {
    try {
      return sessions.live(token);
    } catch (Refusal e) {
      throw ApiErrors.refused(e);
    }
  }

  private SessionInfo session(SessionId id) {
    return catalog
        .session(id)
        .orElseThrow(() ->
            new ApiException(
                Reason.REASON_UNKNOWN_SESSION,
                "the restore session has ended or expired: open a new one"));
  }
}
