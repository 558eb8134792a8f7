package io.hydrant.pager;

import io.hydrant.client.BegunRestore;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PagePlan;
import io.hydrant.client.Regions;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.ImageRef;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * Restores an image while its machine runs: pages that it touches first, then those that it is
 * expected to touch, then all others.
 *
 * <p>A fault is answered on a connection of its own, by the member that answers fastest, with
 * nothing before it but neighbours of the fault before, which follow it as a message of their own.
 * The pages of the image's plan come on another one, and so do those of the fill, which stands back
 * while somebody waits for a page.
 *
 * <p><b>Fails closed.</b> What cannot be had within the client's deadline ({@code Deadlines#fetch})
 * is said to whoever waits, and to {@link #failure}; every later fault fails with it too. Nothing
 * is ever put in place of a page.
 *
 * <p>Safe for use by several threads. Copies of a page: from the network buffer into an array, and
 * from there to the target.
 */
public final class LazyRestore implements AutoCloseable {
  /** Half of what a report may have; those wanted first. */
  private static final int UNSEEN_RANGES_MAX = 32_768;

  private final RestoreSession session;
  private final PagerOptions options;
  private final List<Region> regions;
  private final PageArrivals arrivals;
  private final PageFetcher fetcher;
  private final ThreadLocal<ByteBuffer> buffers;
  private final Map<Place, CompletableFuture<Void>> fetching = new ConcurrentHashMap<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final LongAdder faults = new LongAdder();
  private final LongAdder faultNanos = new LongAdder();
  private final AtomicReference<@Nullable PagerException> failure = new AtomicReference<>();
  private final CompletableFuture<Void> whole = new CompletableFuture<>();
  private final Neighbours neighbours;
  private final Background background;
  private volatile List<PageRange> planned = List.of();

  private record Place(int region, long page) {}

  /**
   * Of a session that stays the caller's, who closes it after this.
   *
   * @param target holds nothing but what it says that it holds
   */
  public LazyRestore(RestoreSession session, PageTarget target, PagerOptions options) {
    this(session, new PageArrivals(session.regions(), target), options);
  }

  private LazyRestore(RestoreSession session, PageArrivals arrivals, PagerOptions options) {
    this.session = session;
    this.options = options;
    this.regions = session.regions();
    this.arrivals = arrivals;
    this.fetcher = session.fetcher();
    int bytes = regions.stream().mapToInt(Region::getPageBytes).max().orElse(Regions.PAGE_BYTES);
    this.buffers = ThreadLocal.withInitial(() -> ByteBuffer.allocate(bytes));
    this.neighbours = new Neighbours(fetcher, arrivals, options);
    this.background = new Background(session, arrivals, options, waiting::get, this::ended);
  }

  /**
   * A restore whose machine can be made to run.
   *
   * @param slim the slim state, checked
   * @param lazy the rest; its session, {@link #session}, is the caller's, who closes it after this
   */
  public record Begun(byte[] slim, LazyRestore lazy) {}

  /**
   * Opens a session and brings, in one round trip, the slim state and the pages that earlier
   * restores of the image touched first.
   *
   * @param lease of the session, when this process dies; zero: the default, a minute
   * @param firstBytes content of such pages, at most 64 MiB
   * @param target holds nothing yet
   * @throws IOException from the target
   */
  public static Begun begin(
      HydrantClient client,
      ImageRef image,
      CheckpointChoice checkpoint,
      Duration lease,
      long firstBytes,
      PageTarget target,
      PagerOptions options)
      throws IOException {
    AtomicReference<@Nullable PageArrivals> arrivals = new AtomicReference<>();
    BegunRestore begun =
        client.beginRestore(
            image,
            checkpoint,
            lease,
            firstBytes,
            regions -> {
              arrivals.compareAndSet(null, new PageArrivals(regions, target));
              return Objects.requireNonNull(arrivals.get()).sink(PageArrivals.Why.AHEAD);
            });
    try {
      return new Begun(
          begun.slim(),
          new LazyRestore(begun.session(), Objects.requireNonNull(arrivals.get()), options));
    } catch (RuntimeException e) {
      begun.session().close();
      throw e;
    }
  }

  public RestoreSession session() {
    return session;
  }

  /** Begins to fetch what nobody waits for. */
  public void start() {
    background.start(plan -> planned = wanted(plan));
  }

  private static List<PageRange> wanted(PagePlan plan) {
    return plan.learned().isEmpty() ? plan.recentlyWritten() : plan.learned();
  }

  /**
   * The machine touches a page: returns when it is there.
   *
   * @return whether it was there already
   * @throws PagerException it cannot be had
   */
  public boolean touch(int region, long page) {
    if (arrivals.touch(region, page)) {
      return true;
    }
    PagerException failed = failure.get();
    if (failed != null) {
      throw failed;
    }
    long start = System.nanoTime();
    faults.increment();
    waiting.incrementAndGet();
    try {
      bring(region, page);
    } finally {
      waiting.decrementAndGet();
      faultNanos.add(System.nanoTime() - start);
    }
    return false;
  }

  /** Of several who want the same page one fetches it. */
  private void bring(int region, long page) {
    Residency residency = arrivals.residency();
    while (!residency.isPresent(region, page)) {
      Place place = new Place(region, page);
      CompletableFuture<Void> mine = new CompletableFuture<>();
      CompletableFuture<Void> other = fetching.putIfAbsent(place, mine);
      if (other != null) {
        other.join();
        PagerException failed = failure.get();
        if (failed != null && !residency.isPresent(region, page)) {
          throw failed; // who waited with it has waited as long
        }
        continue;
      }
      try {
        fetch(region, page);
      } finally {
        fetching.remove(place);
        mine.complete(null);
      }
    }
  }

  private void fetch(int region, long page) {
    ByteBuffer buffer = buffers.get().clear().limit(regions.get(region).getPageBytes());
    try {
      switch (fetcher.fetchInto(region, page, buffer, () -> neighbours.of(region, page))) {
        case FOUND -> arrivals.put(PageArrivals.Why.FAULT, region, page, buffer.flip());
        case ZERO, NOT_KEPT -> arrivals.putZero(region, page, 1);
      }
      arrivals.awaitArrival(region, page);
    } catch (HydrantException | IOException e) {
      throw failed(region, page, e);
    }
  }

  private PagerException failed(int region, long page, Exception cause) {
    PagerException exception =
        new PagerException(
            "page %d of region '%s' cannot be had, and nothing is put in its place: %s"
                .formatted(page, regions.get(region).getName(), cause.getMessage()),
            cause);
    failure.compareAndSet(null, exception);
    return exception;
  }

  /** Whether a page is there. */
  public boolean isPresent(int region, long page) {
    return arrivals.residency().isPresent(region, page);
  }

  /** The machine has no use for these pages any more; they read as zeros, and are not fetched. */
  public void givenUp(int region, long firstPage, long pageCount) throws IOException {
    arrivals.putZero(region, firstPage, pageCount);
  }

  /** Why pages cannot be had any more, if so. */
  public Optional<PagerException> failure() {
    return Optional.ofNullable(failure.get());
  }

  /** Completes when all pages are there, or with what keeps them from coming. */
  public CompletableFuture<Void> whole() {
    return whole;
  }

  private void ended(@Nullable Throwable cause) {
    if (cause == null) {
      whole.complete(null);
    } else {
      whole.completeExceptionally(cause);
    }
  }

  public PagerStats stats() {
    return arrivals.stats(faults.sum(), faultNanos.sum());
  }

  /** Tells the store what was touched, so that the next restore of the image knows. */
  public void learn() {
    List<PageRange> unseen = new ArrayList<>();
    if (options.touches() == PagerOptions.Touches.FAULTS) {
      for (PageRange range : planned) {
        Pages.runs(
            range,
            page ->
                arrivals.residency().isPresent(range.getRegion(), page)
                    && !arrivals.isTouched(range.getRegion(), page),
            unseen);
      }
    }
    List<PageRange> told = unseen.subList(0, Math.min(unseen.size(), UNSEEN_RANGES_MAX));
    session.learn(arrivals.order().ranges(), told);
  }

  /** Ends fetching; faults fail from now on. */
  @Override
  public void close() {
    background.close();
    fetcher.close();
    whole.cancel(false);
  }
}
