package io.hydrant.client;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.StatusRuntimeException;
import io.hydrant.v1.Checkpoint;
import io.hydrant.v1.CloseRestoreRequest;
import io.hydrant.v1.LearnRestoreRequest;
import io.hydrant.v1.OpenRestoreResponse;
import io.hydrant.v1.PageDigestPart;
import io.hydrant.v1.PageDigestsRequest;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.PlanPart;
import io.hydrant.v1.ReadPlanRequest;
import io.hydrant.v1.ReadSlimRequest;
import io.hydrant.v1.Reason;
import io.hydrant.v1.Region;
import io.hydrant.v1.RestoreServiceGrpc;
import io.hydrant.v1.SlimPart;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A lease on one committed checkpoint: while it is held, the store keeps everything that the
 * checkpoint needs. The lease is renewed in the background until {@link #close} (which gives it
 * back) or {@link #detach} (which leaves it to another process).
 *
 * <p>Safe for use by several threads.
 */
public final class RestoreSession implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RestoreSession.class);

  private final OpenRestoreResponse opened;
  private final SessionSource source;
  private final LeaseRenewal renewal;
  private final List<PageFetcher> fetchers = new ArrayList<>();
  private boolean ended;

  RestoreSession(Connections connections, OpenRestoreResponse opened) {
    this.opened = opened;
    this.source = SessionSource.of(connections, opened);
    for (Region region : source.regions()) {
      if (!Regions.isValid(region)) {
        throw new ProtocolViolationException(
            "%s: the server sent an impossible region '%s': %d bytes of %d bytes a page"
                .formatted(
                    source.name(),
                    region.getName(),
                    region.getLengthBytes(),
                    region.getPageBytes()),
            null);
      }
    }
    this.renewal = new LeaseRenewal(source, opened.getLeaseMillis());
    renewal.start();
  }

  static OpenRestoreResponse decode(byte[] exported) {
    try {
      OpenRestoreResponse opened = OpenRestoreResponse.parseFrom(exported);
      if (!opened.getToken().isEmpty() && opened.getCheckpoint().getRegionsCount() > 0) {
        return opened;
      }
      throw new IllegalArgumentException("this is not an exported restore session: it is empty");
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("this is not an exported restore session", e);
    }
  }

  public long imageUid() {
    return opened.getImageUid();
  }

  /** What is being restored. */
  public Checkpoint checkpoint() {
    return opened.getCheckpoint();
  }

  public List<Region> regions() {
    return source.regions();
  }

  /**
   * All that another process needs to go on with this session ({@link
   * HydrantClient#resumeRestore}). Who has it can read the image.
   */
  public byte[] export() {
    return opened.toByteArray();
  }

  SessionSource source() {
    return source;
  }

  ByteString token() {
    return source.token();
  }

  /** Why the lease was lost, if it was; reads fail with the same. */
  public Optional<HydrantException> lost() {
    return renewal.lost();
  }

  /** The slim state, checked. */
  public byte[] slim() {
    StreamRetries retries = retries("reading the slim state");
    while (true) {
      try {
        return slimOnce(retries);
      } catch (StatusRuntimeException e) {
        retries.broken(e);
      }
    }
  }

  /** A new stream of demand fetches; closed with the session. */
  public synchronized PageFetcher fetcher() {
    requireOpen();
    PageFetcher fetcher = new PageFetcher(source);
    fetchers.add(fetcher);
    return fetcher;
  }

  /**
   * Reads ranges in the order given, each page checked, to a sink on this thread. A broken
   * connection is made anew as long as messages come within {@link Deadlines#call}; no page is
   * handed out twice.
   *
   * <p>Copies of a raw byte: one from the network buffer into an array, whose slices the sink gets.
   *
   * @throws IOException from the sink
   */
  public void prefetch(List<PageRange> ranges, PrefetchOptions options, PageSink sink)
      throws IOException {
    for (PageRange range : ranges) {
      source.requirePages(range.getRegion(), range.getFirstPage(), range.getPageCount());
    }
    requireOpen();
    new PrefetchReader(source, ranges, options, sink).read();
  }

  /** Reads ranges as prefetch, pages without content included. */
  public void prefetch(List<PageRange> ranges, PageSink sink) throws IOException {
    prefetch(ranges, PrefetchOptions.DEFAULT, sink);
  }

  /**
   * Reads the whole image, in several streams.
   *
   * @param streams 1 or more; the sink is called from as many threads
   * @throws IOException from the sink
   */
  public void restoreTo(PageSink sink, PrefetchOptions options, int streams) throws IOException {
    new ParallelRestore(this, options, sink).run(streams);
  }

  /** Checksum and outcome of each page of a range, in order, without content. */
  public void pageDigests(PageRange range, Consumer<PageDigestPart> consumer) {
    source.requirePages(range.getRegion(), range.getFirstPage(), range.getPageCount());
    requireOpen();
    StreamRetries retries = retries("reading page digests");
    RangeCursor cursor = new RangeCursor(List.of(range));
    while (!cursor.isAtEnd()) {
      try {
        digestsOnce(cursor, consumer, retries);
      } catch (StatusRuntimeException e) {
        retries.broken(e);
      }
    }
  }

  /**
   * What is known of the pages that the machine will want.
   *
   * @param recentlyWrittenMax pages to be told of those written last; 0: none, and no zeros
   */
  public PagePlan plan(int recentlyWrittenMax) {
    StreamRetries retries = retries("reading the restore plan");
    ReadPlanRequest request =
        ReadPlanRequest.newBuilder()
            .setToken(source.token())
            .setRecentlyWrittenMax(recentlyWrittenMax)
            .setZero(recentlyWrittenMax > 0)
            .build();
    while (true) {
      PagePlan.Builder plan = new PagePlan.Builder(source);
      try (ServerStream<ReadPlanRequest, PlanPart> stream =
          new ServerStream<>(
              retries.member().bulk(), RestoreServiceGrpc.getReadPlanMethod(), request)) {
        for (PlanPart part = retries.next(stream); part != null; part = retries.next(stream)) {
          plan.add(part);
        }
        return plan.build();
      } catch (StatusRuntimeException e) {
        retries.broken(e);
      }
    }
  }

  /**
   * Tells the store what this restore touched, for the next ones of the image.
   *
   * @param touched in the order of their first touch
   * @param unseen pages that were there before they could be asked for, and of which nobody knows
   *     whether they were touched
   */
  public void learn(List<PageRange> touched, List<PageRange> unseen) {
    requireOpen();
    LearnRestoreRequest request =
        LearnRestoreRequest.newBuilder()
            .setToken(source.token())
            .addAllTouched(touched)
            .addAllUnseen(unseen)
            .build();
    new UnaryCalls(source.connections())
        .call(
            RestoreServiceGrpc.getLearnRestoreMethod(),
            request,
            UnaryCalls.Effect.CHANGES,
            source.name() + ": learning from a restore");
  }

  /** Stops renewing and leaves the session open, for whoever holds its {@link #export}. */
  public void detach() {
    end();
  }

  /**
   * Gives the lease back. If that fails, it expires by itself: what was done in the session stays
   * done, so the failure is only logged.
   */
  @Override
  public void close() {
    if (!end() || source.connections().isClosed()) {
      return;
    }
    CloseRestoreRequest request = CloseRestoreRequest.newBuilder().setToken(source.token()).build();
    try {
      new UnaryCalls(source.connections())
          .call(
              RestoreServiceGrpc.getCloseRestoreMethod(),
              request,
              UnaryCalls.Effect.READS,
              UnaryCalls.Route.LEADER,
              source.name() + ": closing the restore session");
    } catch (HydrantException e) {
      if (!(e instanceof RejectedException rejected)
          || rejected.reason() != Reason.REASON_UNKNOWN_SESSION) {
        log.warn("{}; its lease expires by itself", e.getMessage());
      }
    }
  }

  private boolean end() {
    List<PageFetcher> open;
    synchronized (this) {
      if (ended) {
        return false;
      }
      ended = true;
      open = List.copyOf(fetchers);
    }
    renewal.close();
    open.forEach(PageFetcher::close);
    source.verifiers().close();
    return true;
  }

  private synchronized void requireOpen() {
    if (ended) {
      throw new IllegalStateException(source.name() + ": the restore session is closed");
    }
    source.connections().requireOpen();
  }

  private StreamRetries retries(String what) {
    requireOpen();
    return new StreamRetries(source.connections(), source.name() + ": " + what);
  }

  private byte[] slimOnce(StreamRetries retries) {
    ReadSlimRequest request = ReadSlimRequest.newBuilder().setToken(source.token()).build();
    SlimAssembly slim = new SlimAssembly(source.name(), checkpoint().getSlimBytes());
    try (ServerStream<ReadSlimRequest, SlimPart> stream =
        new ServerStream<>(
            retries.member().bulk(), RestoreServiceGrpc.getReadSlimMethod(), request)) {
      for (SlimPart part = retries.next(stream); part != null; part = retries.next(stream)) {
        slim.add(part);
      }
    }
    return slim.whole();
  }

  private void digestsOnce(
      RangeCursor cursor, Consumer<PageDigestPart> consumer, StreamRetries retries) {
    PageDigestsRequest request =
        PageDigestsRequest.newBuilder()
            .setToken(source.token())
            .setRange(cursor.rest().getFirst())
            .build();
    try (ServerStream<PageDigestsRequest, PageDigestPart> stream =
        new ServerStream<>(
            retries.member().bulk(), RestoreServiceGrpc.getPageDigestsMethod(), request)) {
      for (PageDigestPart part = retries.next(stream); part != null; part = retries.next(stream)) {
        boolean fits = part.getEncoding().size() == part.getChecksumCount();
        for (int row = 0; fits && row < part.getChecksumCount(); row++) {
          fits = cursor.take(part.getRegion(), part.getFirstPage() + row);
        }
        if (!fits) {
          throw new ProtocolViolationException(
              source.name() + ": the server sent page digests that were not asked for", null);
        }
        consumer.accept(part);
      }
    }
    if (!cursor.isAtEnd()) {
      throw new ProtocolViolationException(
          source.name() + ": the server's page digests end before the last page", null);
    }
  }
}
