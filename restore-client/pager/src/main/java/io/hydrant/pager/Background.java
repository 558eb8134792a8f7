package io.hydrant.pager;

import io.hydrant.client.DamagedPageException;
import io.hydrant.client.HydrantException;
import io.hydrant.client.PagePlan;
import io.hydrant.client.PageSink;
import io.hydrant.client.PrefetchOptions;
import io.hydrant.client.ProtocolViolationException;
import io.hydrant.client.Regions;
import io.hydrant.client.RejectedException;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.ReadClass;
import io.hydrant.v1.Region;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what nobody waits for, in this order of urgency: neighbours of faults, the plan, the
 * rest. A failure here is nobody's yet: the page may never be touched, and whoever does says what
 * is wrong; so it is tried again until all is there.
 */
final class Background implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Background.class);

  /** Of the plan: looked through again for what has come meanwhile. */
  private static final int PLAN_CHUNK_PAGES = 2_048;

  private static final int PLAN_TRIES = 3;

  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How long the fill stands back for a fault, at a message: about what one takes. */
  private static final long STAND_BACK_NANOS = 100_000;

  private static final int STAND_BACKS_MAX = 50;

  private final RestoreSession session;
  private final PageArrivals arrivals;
  private final PagerOptions options;
  private final IntSupplier waiting;
  private final Consumer<@Nullable Throwable> ended;
  private final List<Thread> threads = new ArrayList<>();
  private final AtomicReference<@Nullable HydrantException> impossible = new AtomicReference<>();
  private volatile boolean closed;

  /** When the next byte of the fill may come. */
  private long paceNanos = System.nanoTime();

  Background(
      RestoreSession session,
      PageArrivals arrivals,
      PagerOptions options,
      IntSupplier waiting,
      Consumer<@Nullable Throwable> ended) {
    this.session = session;
    this.arrivals = arrivals;
    this.options = options;
    this.waiting = waiting;
    this.ended = ended;
  }

  /**
   * @param planned hears the plan
   */
  void start(Consumer<PagePlan> planned) {
    begin("pager-plan", () -> planAndFill(planned));
  }

  private synchronized Thread begin(String name, Runnable body) {
    Thread thread = Thread.ofPlatform().name(name).daemon().start(body);
    threads.add(thread);
    if (closed) {
      thread.interrupt();
    }
    return thread;
  }

  /** What of the ranges has not come, as runs in the same order. */
  private List<PageRange> absent(List<PageRange> ranges) {
    List<PageRange> absent = new ArrayList<>();
    for (PageRange range : ranges) {
      Pages.runs(range, page -> arrivals.residency().isAbsent(range.getRegion(), page), absent);
    }
    return absent;
  }

  /** What may fail and be done again. */
  private interface Work {
    void run() throws IOException;
  }

  /**
   * Whether it is done; if not, a pause has been made.
   *
   * @throws HydrantException it cannot be done at all
   */
  private boolean attempt(String what, Work work) throws InterruptedException {
    try {
      work.run();
      return true;
    } catch (RejectedException | DamagedPageException | ProtocolViolationException e) {
      throw e;
    } catch (HydrantException | IOException | IllegalStateException e) {
      if (closed || Thread.interrupted()) {
        throw new InterruptedException();
      }
      LOG.warn("{} could not be fetched, and will be tried again: {}", what, e.getMessage());
      TimeUnit.NANOSECONDS.sleep(AGAIN_NANOS);
      return false;
    }
  }

  private void planAndFill(Consumer<PagePlan> planned) {
    try {
      if (options.plan()) {
        goByPlan(planned);
      }
      if (options.fill()) {
        fill();
        ended.accept(null);
      }
    } catch (InterruptedException e) {
      // closed
    } catch (Throwable e) { // whoever waits for the whole must hear of it
      ended.accept(e);
    }
  }

  /** It is a hint: what cannot be had of it is done without. */
  private void goByPlan(Consumer<PagePlan> planned) throws InterruptedException {
    try {
      AtomicReference<@Nullable PagePlan> read = new AtomicReference<>();
      for (int i = 0; i < PLAN_TRIES && read.get() == null; i++) {
        // What was learned is known without a look at the maps.
        int recent = i + 1 < PLAN_TRIES ? options.recentlyWrittenPagesMax() : 0;
        attempt("the plan", () -> read.set(session.plan(recent)));
      }
      PagePlan plan = read.get();
      if (plan == null) {
        return;
      }
      planned.accept(plan);
      for (PageRange zero : plan.zero()) {
        attempt(
            "zero pages",
            () -> arrivals.putZero(zero.getRegion(), zero.getFirstPage(), zero.getPageCount()));
      }
      fetch(plan.learned().isEmpty() ? plan.recentlyWritten() : plan.learned());
    } catch (HydrantException e) {
      LOG.warn("the rest of the plan is done without: {}", e.getMessage());
    }
  }

  private void fetch(List<PageRange> wanted) throws InterruptedException {
    PrefetchOptions reading =
        new PrefetchOptions(ReadClass.READ_CLASS_PREFETCH, PrefetchOptions.EmptyPages.REPORT);
    PageSink sink = arrivals.sink(PageArrivals.Why.AHEAD);
    for (List<PageRange> chunk : Pages.chunks(wanted, PLAN_CHUNK_PAGES)) {
      List<PageRange> ranges = absent(chunk);
      if (!ranges.isEmpty()) {
        attempt("pages of the plan", () -> session.prefetch(ranges, reading, sink));
      }
    }
  }

  /** Tract by tract, each by whoever is free, until none is left. */
  private void fill() throws InterruptedException {
    while (arrivals.residency().absentCount() > 0 && !closed) {
      long before = arrivals.residency().absentCount();
      Queue<PageRange> tracts = new ConcurrentLinkedQueue<>(tracts());
      List<Thread> helpers = new ArrayList<>();
      for (int i = 1; i < options.fillStreams(); i++) {
        helpers.add(begin("pager-fill-" + i, () -> fillQuietly(tracts)));
      }
      fillFrom(tracts);
      for (Thread helper : helpers) {
        helper.join();
      }
      forget(helpers);
      HydrantException lacks = impossible.get();
      if (lacks != null) {
        throw lacks;
      }
      if (arrivals.residency().absentCount() == before) {
        TimeUnit.NANOSECONDS.sleep(AGAIN_NANOS);
      }
    }
  }

  private synchronized void forget(List<Thread> ended) {
    threads.removeAll(ended);
  }

  private List<PageRange> tracts() {
    List<PageRange> tracts = new ArrayList<>();
    List<Region> regions = session.regions();
    for (int region = 0; region < regions.size(); region++) {
      Region spec = regions.get(region);
      long pages = Regions.pages(spec);
      long perTract = Regions.TRACT_BYTES / spec.getPageBytes();
      for (long first = 0; first < pages; first += perTract) {
        tracts.add(Pages.range(region, first, Math.min(perTract, pages - first)));
      }
    }
    return tracts;
  }

  private void fillQuietly(Queue<PageRange> tracts) {
    try {
      fillFrom(tracts);
    } catch (InterruptedException e) {
      // closed
    }
  }

  /** A tract that cannot be had does not keep the others from coming. */
  private void fillFrom(Queue<PageRange> tracts) throws InterruptedException {
    PrefetchOptions reading =
        new PrefetchOptions(ReadClass.READ_CLASS_FILL, PrefetchOptions.EmptyPages.REPORT);
    PageSink sink = new StandingBack(arrivals.sink(PageArrivals.Why.FILL));
    for (PageRange tract = tracts.poll(); tract != null && !closed; tract = tracts.poll()) {
      List<PageRange> ranges = absent(List.of(tract));
      if (ranges.isEmpty()) {
        continue;
      }
      try {
        attempt("a tract", () -> session.prefetch(ranges, reading, sink));
      } catch (HydrantException e) {
        impossible.compareAndSet(null, e);
      }
    }
  }

  /**
   * Takes the next message late where somebody waits for a page, or the pace is exceeded; the
   * connection's flow control does the rest.
   */
  private final class StandingBack implements PageSink {
    private final PageSink sink;

    StandingBack(PageSink sink) {
      this.sink = sink;
    }

    @Override
    public void found(int region, long firstPage, ByteBuffer content) throws IOException {
      standBack();
      pace(content.remaining());
      sink.found(region, firstPage, content);
    }

    @Override
    public void zero(int region, long firstPage, long pageCount) throws IOException {
      sink.zero(region, firstPage, pageCount);
    }

    @Override
    public void notKept(int region, long firstPage, long pageCount) throws IOException {
      sink.notKept(region, firstPage, pageCount);
    }

    private void standBack() {
      for (int i = 0; i < STAND_BACKS_MAX && waiting.getAsInt() > 0 && !closed; i++) {
        LockSupport.parkNanos(STAND_BACK_NANOS);
      }
    }
  }

  private void pace(long bytes) {
    long rate = options.fillBytesPerSecond();
    if (rate == 0) {
      return;
    }
    long until;
    synchronized (this) {
      long now = System.nanoTime();
      until = Math.max(now, paceNanos);
      paceNanos = until + bytes * TimeUnit.SECONDS.toNanos(1) / rate;
    }
    while (!closed && System.nanoTime() < until) {
      LockSupport.parkNanos(until - System.nanoTime());
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    threads.forEach(Thread::interrupt);
  }
}
