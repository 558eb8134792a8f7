package io.hydrant.node.api;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.ScrubFinding;
import io.hydrant.node.scrub.ScrubLoop;
import io.hydrant.v1.Reason;
import io.hydrant.v1.ScrubFindingKind;
import io.hydrant.v1.ScrubFindingState;
import io.hydrant.v1.ScrubRequest;
import io.hydrant.v1.ScrubServiceGrpc;
import io.hydrant.v1.ScrubStatus;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** Begins a scrub, and tells those who watch how it goes. Safe for use by many threads. */
public final class ScrubService extends ScrubServiceGrpc.ScrubServiceImplBase {
  /** Operators and their tools. */
  static final int WATCHERS_MAX = 64;

  private static final long EVERY_NANOS = Duration.ofMillis(500).toNanos();

  private final ScrubLoop loop;
  private final Catalog catalog;
  private final Predicate<ScrubFinding> nowhere;
  private final LongSupplier nanoTime;
  private final Set<ServerCallStreamObserver<ScrubStatus>> watchers = new LinkedHashSet<>();
  private long steppedNanos;
  private boolean closed;

  /**
   * @param nowhere whether nobody that can be asked has good bytes of something
   */
  public ScrubService(
      ScrubLoop loop, Catalog catalog, Predicate<ScrubFinding> nowhere, LongSupplier nanoTime) {
    this.loop = loop;
    this.catalog = catalog;
    this.nowhere = nowhere;
    this.nanoTime = nanoTime;
    this.steppedNanos = nanoTime.getAsLong();
  }

  @Override
  public void scrub(ScrubRequest request, StreamObserver<ScrubStatus> observer) {
    if (request.getStart()) {
      loop.begin();
    }
    add((ServerCallStreamObserver<ScrubStatus>) observer);
  }

  private synchronized void add(ServerCallStreamObserver<ScrubStatus> watcher) {
    if (closed || watchers.size() >= WATCHERS_MAX) {
      watcher.onError(
          closed
              ? ApiErrors.status(Reason.REASON_SHUTTING_DOWN, "this server stops")
              : ApiErrors.status(
                  Reason.REASON_OVERLOADED,
                  "%d already watch this server's scrub".formatted(WATCHERS_MAX)));
      return;
    }
    watcher.setOnCancelHandler(() -> remove(watcher));
    if (!tell(watcher, loop.status())) {
      watchers.add(watcher);
    }
  }

  private synchronized void remove(ServerCallStreamObserver<ScrubStatus> watcher) {
    watchers.remove(watcher);
  }

  /** Tells all of them; one thread, several times a second. */
  public synchronized void step() {
    long now = nanoTime.getAsLong();
    if (watchers.isEmpty() || now - steppedNanos < EVERY_NANOS) {
      return;
    }
    steppedNanos = now;
    ScrubLoop.Status status = loop.status();
    Iterator<ServerCallStreamObserver<ScrubStatus>> all = watchers.iterator();
    while (all.hasNext()) {
      ServerCallStreamObserver<ScrubStatus> watcher = all.next();
      if (watcher.isReady() && tell(watcher, status)) {
        all.remove();
      }
    }
  }

  /** Returns whether that was the last word. */
  private boolean tell(ServerCallStreamObserver<ScrubStatus> watcher, ScrubLoop.Status status) {
    watcher.onNext(message(status));
    if (!status.progress().running()) {
      watcher.onCompleted();
      return true;
    }
    return false;
  }

  private ScrubStatus message(ScrubLoop.Status status) {
    ScrubStatus.Builder message =
        ScrubStatus.newBuilder()
            .setRunning(status.progress().running())
            .setBytesDone(status.progress().bytesDone())
            .setBytesTotal(status.progress().bytesTotal())
            .setBytesPerSecond(status.bytesPerSecond())
            .setPageCount(status.progress().pagesVerified())
            .setBadPageCount(status.progress().badPages())
            .setBadSegmentPartCount(status.progress().badSegmentParts())
            .setLastEndedMillis(status.lastEndedMillis())
            .setNextBeginsMillis(status.nextBeginsMillis());
    if (!status.progress().running()) {
      loop.findings().forEach(finding -> message.addFindings(message(finding)));
    }
    return message.build();
  }

  private io.hydrant.v1.ScrubFinding message(ScrubFinding finding) {
    io.hydrant.v1.ScrubFinding.Builder message =
        io.hydrant.v1.ScrubFinding.newBuilder()
            .setPath(finding.path())
            .setOffset(finding.offset())
            .setWhat(finding.what())
            .setState(state(finding));
    switch (finding) {
      case ScrubFinding.Page page ->
          message
              .setKind(ScrubFindingKind.SCRUB_FINDING_KIND_PAGE)
              .setImage(name(page.tract().image()))
              .setImageUid(page.tract().image().value())
              .setCheckpoint(page.checkpoint().value())
              .setRegion(page.region())
              .setPage(page.page());
      case ScrubFinding.Slim slim ->
          message
              .setKind(ScrubFindingKind.SCRUB_FINDING_KIND_SLIM)
              .setImage(name(slim.key().image()))
              .setImageUid(slim.key().image().value())
              .setCheckpoint(slim.key().checkpoint().value());
      case ScrubFinding.SegmentPart _ ->
          message.setKind(ScrubFindingKind.SCRUB_FINDING_KIND_SEGMENT);
    }
    return message.build();
  }

  private String name(ImageId image) {
    return catalog.image(image).map(ImageState::name).orElse("");
  }

  private ScrubFindingState state(ScrubFinding finding) {
    return switch (loop.stateOf(finding)) {
      case REPAIRED -> ScrubFindingState.SCRUB_FINDING_STATE_REPAIRED;
      case BEING_REPAIRED ->
          nowhere.test(finding)
              ? ScrubFindingState.SCRUB_FINDING_STATE_NO_OTHER_COPY
              : ScrubFindingState.SCRUB_FINDING_STATE_BEING_REPAIRED;
      case LOST -> ScrubFindingState.SCRUB_FINDING_STATE_NO_OTHER_COPY;
    };
  }

  /** Ends all streams. */
  public synchronized void shutDown() {
    closed = true;
    watchers.forEach(watcher ->
        watcher.onError(ApiErrors.status(Reason.REASON_SHUTTING_DOWN, "this server stops")));
    watchers.clear();
  }
}
