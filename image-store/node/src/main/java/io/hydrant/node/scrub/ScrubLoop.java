package io.hydrant.node.scrub;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.store.ScrubFinding;
import io.hydrant.engine.store.ScrubProgress;
import io.hydrant.engine.store.Scrubber;
import io.hydrant.node.config.ScrubConfig;
import io.hydrant.node.replication.FailStop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that verifies everything once in a period, or when somebody asks for it. What to read
 * is the {@link Scrubber}'s, how fast the {@link ScrubPace}'s; here it is when. Makes way for
 * whatever reads or writes on behalf of others.
 *
 * <pre>
 * waits      until a period after the last pass began, or until somebody asks
 * scheduled  spread over most of the period; goes on after a restart where it was
 * asked for  as fast as allowed, from the beginning
 * </pre>
 */
public final class ScrubLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScrubLoop.class);

  private static final long STEP_BYTES = 1 << 20;

  /** While others are at work: less than one of them waits for, and seldom. */
  private static final long STEP_BYTES_BUSY = 256 << 10;

  private static final Duration PAUSE_BUSY = Duration.ofMillis(100);
  private static final Duration REMEMBER_EVERY = Duration.ofSeconds(30);
  private static final Duration LOOK_EVERY = Duration.ofMinutes(1);

  private final Parts parts;
  private final ScrubFile file;
  private final ScrubPace pace;
  private final Thread thread;
  private final LongAdder pages = new LongAdder();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder found = new LongAdder();

  private boolean closed;
  private boolean asked;
  private boolean hurried;
  private volatile boolean running;
  private volatile long beganNanos;
  private volatile ScrubFile.State state;

  /**
   * @param activity grows with everything that is read or written on behalf of others
   * @param directory where is remembered how far it is
   */
  public record Parts(
      Scrubber scrubber,
      ScrubConfig config,
      Path directory,
      LongSupplier activity,
      InstantSource clock,
      FailStop failStop) {}

  /**
   * @param lastEndedMillis 0: never
   * @param nextBeginsMillis 0: never
   */
  public record Status(
      ScrubProgress progress, long elapsedNanos, long lastEndedMillis, long nextBeginsMillis) {
    /** Mean of the pass. */
    public long bytesPerSecond() {
      return elapsedNanos <= 0 ? 0 : (long) (progress.bytesDone() * 1e9 / elapsedNanos);
    }
  }

  private ScrubLoop(Parts parts) {
    this.parts = parts;
    this.file = new ScrubFile(parts.directory());
    this.pace = new ScrubPace(parts.config().bytesPerSecondMax(), System.nanoTime());
    // A store that is new has nothing to verify before a period is over.
    this.state =
        file.read()
            .orElseGet(() -> {
              ScrubFile.State first =
                  new ScrubFile.State(parts.clock().millis(), 0, Optional.empty());
              file.write(first);
              return first;
            });
    this.thread = Thread.ofPlatform().name("hydrant-scrub").daemon().unstarted(this::run);
  }

  public static ScrubLoop start(Parts parts) {
    ScrubLoop loop = new ScrubLoop(parts);
    loop.thread.start();
    return loop;
  }

  /** Begins a pass now; one that was asked for before goes on. */
  public synchronized void begin() {
    if (!hurried) {
      asked = true;
      running = true;
      notifyAll();
    }
  }

  public Status status() {
    boolean runs = running;
    ScrubProgress now = parts.scrubber().progress();
    ScrubProgress shown =
        runs == now.running() ? now : runs ? new ScrubProgress(true, 0, 0, 0, 0, 0, 0) : now;
    return new Status(
        shown,
        runs ? System.nanoTime() - beganNanos : 0,
        state.endedMillis(),
        runs || isOff() ? 0 : state.beganMillis() + parts.config().period().toMillis());
  }

  /** Of the pass that runs, or of the last one. */
  public List<ScrubFinding> findings() {
    return parts.scrubber().findings();
  }

  public ScrubFinding.State stateOf(ScrubFinding finding) {
    return parts.scrubber().stateOf(finding);
  }

  /** Adds the counters by their names in docs/stats.md. */
  public void addCounters(Map<String, Long> counters) {
    counters.put("scrub_page_count", pages.sum());
    counters.put("scrub_read_bytes", bytes.sum());
    counters.put("scrub_found_count", found.sum());
  }

  /** Adds the gauges by their names in docs/stats.md. */
  public void addGauges(Map<String, Long> gauges) {
    Status now = status();
    gauges.put("scrub_running", now.progress().running() ? 1L : 0L);
    gauges.put(
        "scrub_progress_permille",
        now.progress().running() ? (long) (1_000 * now.progress().fraction()) : 1_000L);
    gauges.put("scrub_last_ended_millis", now.lastEndedMillis());
  }

  private boolean isOff() {
    return parts.config().period().isZero();
  }

  private void run() {
    try {
      while (awaitDue()) {
        pass();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException | Error e) {
      if (!isClosed()) {
        parts.failStop().stop("verifying what is on the disk failed", e);
      }
    }
  }

  /** Returns false when this is closed. */
  private synchronized boolean awaitDue() throws InterruptedException {
    while (!closed && !asked && !isDue()) {
      wait(LOOK_EVERY.toMillis()); // by the clock, which may be set
    }
    return !closed;
  }

  private boolean isDue() {
    long began = state.beganMillis();
    long now = parts.clock().millis();
    return !isOff()
        && (state.at().isPresent() || now - began >= parts.config().period().toMillis());
  }

  private void pass() throws IOException, InterruptedException {
    begin(takeAsked());
    try {
      long remembered = System.nanoTime();
      long seen = parts.activity().getAsLong();
      while (!isClosed()) {
        if (isAskedAnew()) {
          begin(takeAsked());
        }
        long now = parts.activity().getAsLong();
        boolean busy = now != seen;
        seen = now;
        if (busy) {
          pause(PAUSE_BUSY.toNanos());
        }
        Scrubber.Step step = step(busy ? STEP_BYTES_BUSY : STEP_BYTES);
        if (step.ended()) {
          ended();
          return;
        }
        if (System.nanoTime() - remembered > REMEMBER_EVERY.toNanos()) {
          remember();
          remembered = System.nanoTime();
        }
        pause(pace.waitNanos(step.bytes(), rate(), System.nanoTime()));
      }
      remember();
    } catch (CorruptionException e) {
      // Not of pages, which are findings: the index itself, say.
      LOG.error("the scrub ends early, at something that it cannot repair: {}", e.getMessage());
      ended(state.endedMillis());
    }
  }

  private Scrubber.Step step(long budget) throws IOException {
    ScrubProgress before = parts.scrubber().progress();
    Scrubber.Step step = parts.scrubber().step(budget);
    ScrubProgress after = parts.scrubber().progress();
    pages.add(after.pagesVerified() - before.pagesVerified());
    bytes.add(step.bytes());
    found.add(count(after) - count(before));
    return step;
  }

  private static long count(ScrubProgress progress) {
    return progress.badPages() + progress.badSegmentParts();
  }

  private synchronized boolean takeAsked() {
    hurried = asked;
    asked = false;
    running = true;
    return hurried;
  }

  private synchronized boolean isAskedAnew() {
    return asked;
  }

  private void begin(boolean anew) throws IOException {
    beganNanos = System.nanoTime();
    if (!anew && state.at().isPresent()) {
      LOG.info("the scrub goes on where it was");
      parts.scrubber().resume(state.at().get());
      return;
    }
    state = new ScrubFile.State(parts.clock().millis(), state.endedMillis(), Optional.empty());
    parts.scrubber().begin();
  }

  /** Bytes a second: by how much is left, and of the time until it should be through. */
  private long rate() {
    if (isHurried()) {
      return pace.rateMax();
    }
    long through =
        state.beganMillis()
            + (long) (parts.config().period().toMillis() * ScrubPace.SHARE_OF_PERIOD);
    ScrubProgress progress = parts.scrubber().progress();
    return pace.rate(
        progress.bytesTotal() - progress.bytesDone(),
        TimeUnit.MILLISECONDS.toNanos(through - parts.clock().millis()));
  }

  private synchronized boolean isHurried() {
    return hurried;
  }

  private void remember() {
    state =
        new ScrubFile.State(
            state.beganMillis(), state.endedMillis(), Optional.of(parts.scrubber().cursor()));
    file.write(state);
  }

  private void ended() {
    ended(parts.clock().millis());
    ScrubProgress progress = parts.scrubber().progress();
    LOG.info(
        "scrubbed {} pages, {} bytes: {} bad pages, {} bad parts of segments",
        progress.pagesVerified(),
        progress.bytesRead(),
        progress.badPages(),
        progress.badSegmentParts());
  }

  private void ended(long millis) {
    state = new ScrubFile.State(state.beganMillis(), millis, Optional.empty());
    file.write(state);
    synchronized (this) {
      hurried = false;
      running = asked;
    }
  }

  private synchronized void pause(long nanos) throws InterruptedException {
    long until = System.nanoTime() + nanos;
    long left = nanos;
    while (left > 0 && !closed && !asked) {
      TimeUnit.NANOSECONDS.timedWait(this, left);
      left = until - System.nanoTime();
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  /** Waits for a step that is under way: it must not be interrupted. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      notifyAll();
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
