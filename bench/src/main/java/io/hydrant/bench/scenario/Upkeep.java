package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.BlockLatencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Round;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.SteadyStream;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PageOutcome;
import io.hydrant.client.RestoreSession;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What clients notice of the cleaner and the scrubber: two servers, one that does both and one that
 * does neither, get the same checkpoints at half of the rate at which they come flat out, and fetch
 * pages meanwhile, in turns.
 */
public final class Upkeep implements Scenario {
  private static final String IMAGE = "upkeep";
  private static final int KEEP_LAST = 8;
  private static final int PAGES = 640;
  private static final int POOL_PAGES = 64 << 10;
  private static final int WARMUP_ROUNDS = 1;

  /** Between two fetches of one thread. */
  private static final long THINK_NANOS = 2_000_000L;

  private static final List<String> BUSY = List.of("scrub.period=1m");
  private static final List<String> CALM =
      List.of("scrub.period=0", "cleaning.space-percent=100000", "cleaning.low-room-bytes=0");

  @Override
  public String name() {
    return "upkeep";
  }

  @Override
  public String purpose() {
    return "commits and fetches while the cleaner keeps the store's size and the scrubber reads it";
  }

  /** One server and what is done to it. */
  private static final class Side implements AutoCloseable {
    final StoreProcess store;
    final StoreClient client;
    final StoreImage image;
    final SteadyStream stream;
    final PagePool pool;
    final PageChoice choice;
    final BlockLatencies commits = new BlockLatencies();
    final BlockLatencies fetches = new BlockLatencies();
    double sizeMost;

    Side(Lab lab, String name, List<String> settings, long imageBytes, PagePool pool)
        throws Exception {
      this.pool = pool;
      this.choice = new PageChoice(lab.options().seed());
      this.store = lab.startStore(name, List.of("-Xmx" + lab.options().heap()), settings);
      this.client = StoreClient.connect(store);
      this.image = client.create(IMAGE, imageBytes, KEEP_LAST);
      image.writeFull(pool);
      this.stream = new SteadyStream(image);
    }

    private PageSet next() {
      return PageSet.scattered(pool, choice, PAGES, image.pages());
    }

    /** Bytes a second of so many checkpoints, one behind the other. */
    double flatOut(int checkpoints) throws InterruptedException, ExecutionException {
      long began = System.nanoTime();
      for (int i = 0; i < checkpoints; i++) {
        stream.commit(next());
      }
      return (double) checkpoints * PAGES * PagePool.PAGE_BYTES / seconds(began);
    }

    /** A block: checkpoints when they are due, and pages of the newest one before it. */
    void block(Round round, double bytesPerSecond, long nanos, ExecutorService threads)
        throws Exception {
      long end = System.nanoTime() + nanos;
      Future<?> reading =
          threads.submit(() -> {
            fetch(round, end);
            return null;
          });
      long interval = (long) (1e9 * PAGES * PagePool.PAGE_BYTES / bytesPerSecond);
      long due = System.nanoTime();
      while (due < end) {
        PageSet set = next();
        LockSupport.parkNanos(due - System.nanoTime());
        commits.add(round, stream.commit(set));
        due = Math.max(due + interval, System.nanoTime() - interval);
      }
      reading.get();
      sizeMost =
          Math.max(
              sizeMost, (double) client.space().getFileBytes() / client.space().getLiveBytes());
    }

    private void fetch(Round round, long end) throws IOException {
      ByteBuffer target = ByteBuffer.allocate(PagePool.PAGE_BYTES);
      PageChoice anywhere = new PageChoice(round.index());
      try (RestoreSession session = image.openRestore();
          PageFetcher fetcher = session.fetcher()) {
        while (System.nanoTime() < end) {
          for (long page : anywhere.any(PAGES, image.pages())) {
            long begin = System.nanoTime();
            PageOutcome outcome = fetcher.fetchInto(0, page, target.clear());
            fetches.add(round, System.nanoTime() - begin);
            if (outcome != PageOutcome.FOUND) {
              throw new IllegalStateException("page " + page + " is " + outcome);
            }
            if (System.nanoTime() >= end) {
              return;
            }
            LockSupport.parkNanos(THINK_NANOS);
          }
        }
      }
    }

    long counter(String name) {
      return ReadCounters.counter(client.stats().getCountersMap(), name);
    }

    @Override
    public void close() throws IOException, InterruptedException {
      stream.close();
      image.close();
      client.close();
      store.close();
    }
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(512L << 20, 256L << 20, 16L << 20);
    long blockNanos = TimeUnit.MILLISECONDS.toNanos(lab.scale().pick(15_000, 8_000, 300));
    int before = (int) (lab.scale().pick(4, 4, 1) * imageBytes / (PAGES * PagePool.PAGE_BYTES));
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    ExecutorService threads = Executors.newCachedThreadPool();
    try (Side busy = new Side(lab, "busy", BUSY, imageBytes, pool);
        Side calm = new Side(lab, "calm", CALM, imageBytes, pool)) {
      double calmRate = calm.flatOut(before);
      double busyRate = busy.flatOut(before);
      double half = calmRate / 2;
      lab.say("%s: flat out %.0f MB/s, half of it from now on", name(), calmRate / 1e6);
      long cleanedBefore = busy.counter("segment_cleaned_bytes");
      long scrubbedBefore = busy.counter("scrub_read_bytes");
      new Alternation(WARMUP_ROUNDS, lab.options().roundsOr(7, 2))
          .run(
              List.of(
                  round -> busy.block(round, half, blockNanos, threads),
                  round -> calm.block(round, half, blockNanos, threads)));
      return Report.builder()
          .row(ratio("commit p50", busy.commits.millis(50), calm.commits.millis(50), 1.1))
          .row(ratio("commit p99", busy.commits.millis(99), calm.commits.millis(99), 1.3))
          .row(ratio("fetch p50", busy.fetches.micros(50), calm.fetches.micros(50), 1.1))
          .row(ratio("fetch p99", busy.fetches.micros(99), calm.fetches.micros(99), 1.3))
          .row(mega("rate of page bytes in the blocks", half))
          .row(mega("flat out, with cleaning", busyRate))
          .row(mega("moved by the cleaner", busy.counter("segment_cleaned_bytes") - cleanedBefore))
          .row(mega("read by the scrubber", busy.counter("scrub_read_bytes") - scrubbedBefore))
          .row(
              Row.told(
                  "files by bytes live, at most, with cleaning", Series.single("", busy.sizeMost)))
          .row(Row.told("the same, without", Series.single("", calm.sizeMost)))
          .setting("image_bytes", imageBytes)
          .setting("pages_per_checkpoint", PAGES)
          .setting("keep_last", KEEP_LAST)
          .setting("block_seconds", blockNanos / 1e9)
          .note("one protector and one reader; the other server has nothing to do meanwhile")
          .build();
    } finally {
      threads.shutdownNow();
    }
  }

  private static Row ratio(String name, Series busy, Series calm, double most) {
    return Row.compared(
        name + ", cleaning and scrubbing against neither", busy, calm, Bar.ratioAtMost(most));
  }

  private static Row mega(String name, double bytes) {
    return Row.told(name, Series.single("MB", bytes / 1e6));
  }

  private static double seconds(long began) {
    return (System.nanoTime() - began) / 1e9;
  }
}
