package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scale;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.cadence.TraceStream;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.kill.TraceSteps;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.trace.Trace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.LongFunction;

/**
 * What cleaning costs on disk at steady state: images are filled, the store gets just so much
 * capacity that what is live is four fifths of it, and is written round and round.
 */
public final class Clean implements Scenario {
  private static final int KEEP_LAST = 8;

  /** Each has a stream of its own, of which a server allows 32. */
  private static final int IMAGES_MAX = 24;

  private static final double LIVE_PART = 0.8;
  private static final long RESERVE_BYTES = 256L << 20;
  private static final int POOL_PAGES = 64 << 10;
  private static final int PAGES = 2_560;

  /** A refusal for lack of space is waited out; longer means that nothing is reclaimed. */
  private static final Duration FULL_MAX = Duration.ofMinutes(2);

  private static final long PAUSE_MILLIS = 50;

  @Override
  public String name() {
    return "clean";
  }

  @Override
  public String purpose() {
    return "bytes written per page byte at steady state, four fifths of the capacity live";
  }

  /**
   * @param begin writes the first checkpoint of an image
   * @param next by number of the increment
   * @param period increments after which it begins again; 0: they are all alike
   * @param bar most bytes written per page byte
   */
  private record Load(
      String name,
      int images,
      long imageBytes,
      Begin begin,
      LongFunction<PageSet> next,
      int period,
      List<Bar> bar) {}

  /** Writes the first checkpoint of an image. */
  private interface Begin {
    void write(StoreImage image) throws InterruptedException, ExecutionException;
  }

  @Override
  public Report run(Lab lab) throws Exception {
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    Report.Builder report = Report.builder();
    for (Load load : loads(lab, pool)) {
      run(lab, load, report);
    }
    return report
        .setting("live_part_of_capacity", LIVE_PART)
        .setting("keep_last", KEEP_LAST)
        .note(
            "counted: write_bytes of the server, Raft log, index and cleaning among them, by page bytes sent, over twice the capacity after it was written once")
        .build();
  }

  private static List<Load> loads(Lab lab, PagePool pool) throws Exception {
    long total = lab.scale().pick(2L << 30, 1L << 30, 256L << 20);
    List<Load> loads = new ArrayList<>();
    for (Trace trace : Traces.of(lab)) {
      TraceSteps steps = new TraceSteps(trace);
      TraceStream stream = new TraceStream(steps, Duration.ofSeconds(1));
      loads.add(
          new Load(
              trace.name() + ", looped",
              (int) Math.clamp(total / trace.memoryBytes(), 1, IMAGES_MAX),
              trace.memoryBytes(),
              image -> image.writeFull(stream.begin()),
              stream::pages,
              steps.last(),
              List.of(Bar.atMost(1.6))));
    }
    int images = 2;
    long imageBytes = total / images;
    PageChoice choice = new PageChoice(lab.options().seed());
    int pages = lab.scale() == Scale.QUICK ? PAGES / 10 : PAGES;
    loads.add(
        new Load(
            "uniform",
            images,
            imageBytes,
            image -> image.writeFull(pool),
            _ -> PageSet.scattered(pool, choice, pages, imageBytes / PagePool.PAGE_BYTES),
            0,
            List.of()));
    return loads;
  }

  private void run(Lab lab, Load load, Report.Builder report) throws Exception {
    String data = "clean-" + load.name().replaceAll("[^a-z0-9]+", "-");
    long live = fill(lab, load, data);
    long capacity = (long) (live / LIVE_PART) + RESERVE_BYTES;
    lab.say(
        "%s: %s: %d MiB live, capacity %d MiB", name(), load.name(), live >> 20, capacity >> 20);
    List<String> settings =
        List.of(
            "storage.capacity-bytes=" + capacity,
            "storage.reserve-bytes=" + RESERVE_BYTES,
            "storage.spare-segments-max=4",
            "cleaning.bytes-per-second=1g",
            "cleaning.low-room-bytes=" + capacity / 16);
    try (StoreProcess store =
            lab.startStore(data, List.of("-Xmx" + lab.options().heap()), settings);
        StoreClient client = StoreClient.connect(store)) {
      Writer writer = new Writer(client, load);
      writer.write(capacity);
      ProcessAccounts before = store.accounts();
      Map<String, Long> counted = client.stats().getCountersMap();
      long began = System.nanoTime();
      long sent = writer.write(2 * capacity);
      double seconds = (System.nanoTime() - began) / 1e9;
      ProcessAccounts spent = store.accounts().since(before);
      Map<String, Long> after = client.stats().getCountersMap();
      tell(report, load, sent, spent, counted, after);
      report
          .row(Row.told(load.name() + ": rate", Series.single("MB/s", sent / seconds / 1e6)))
          .row(
              Row.told(
                  load.name() + ": refusals for lack of space",
                  Series.single("", writer.refusals)));
      writer.close();
    }
  }

  private void tell(
      Report.Builder report,
      Load load,
      long sent,
      ProcessAccounts spent,
      Map<String, Long> before,
      Map<String, Long> after) {
    double moved = grown("segment_cleaned_bytes", before, after);
    double segments = grown("segment_cleaned_count", before, after);
    double victims = segments == 0 ? 0 : moved / segments / (64 << 20);
    report
        .row(
            Row.held(
                load.name() + ": bytes written per page byte",
                Series.single("", (double) spent.writeBytes() / sent),
                load.bar().toArray(Bar[]::new)))
        .row(
            Row.told(load.name() + ": of these moved by cleaning", Series.single("", moved / sent)))
        .row(
            Row.told(
                load.name() + ": of these by the index's flushes",
                Series.single("", grown("snapshot_index_bytes", before, after) / sent)))
        .row(Row.told(load.name() + ": mean live part of a victim", Series.single("", victims)))
        .row(
            Row.told(
                load.name() + ": theory for it, 1 / (1 - u)",
                Series.single("", 1 / (1 - victims))));
  }

  private static double grown(String name, Map<String, Long> before, Map<String, Long> after) {
    return after.getOrDefault(name, 0L) - before.getOrDefault(name, 0L);
  }

  /** Returns the live bytes of images that have had as many checkpoints as are kept. */
  private long fill(Lab lab, Load load, String data) throws Exception {
    lab.say("%s: %s: filling %d images ...", name(), load.name(), load.images());
    List<String> settings = List.of("cleaning.space-percent=115", "cleaning.bytes-per-second=1g");
    try (StoreProcess store =
        lab.startStore(data, List.of("-Xmx" + lab.options().heap()), settings)) {
      try (StoreClient client = StoreClient.connect(store)) {
        for (int i = 0; i < load.images(); i++) {
          try (StoreImage image = client.create(imageName(i), load.imageBytes(), KEEP_LAST)) {
            load.begin().write(image);
          }
        }
        Writer writer = new Writer(client, load);
        long live = 0;
        // A trace has calmer and busier times: what is live at most is seen after a loop of it.
        for (int number = 0; number < load.period() + 2 * KEEP_LAST; number++) {
          writer.round();
          if (number >= KEEP_LAST) {
            live = Math.max(live, live(client));
          }
        }
        writer.close();
        Thread.sleep(5_000); // what is retired is taken out of the maps meanwhile
        live = Math.max(live, live(client));
        awaitCleaned(client, live);
        return live;
      } finally {
        store.stop();
      }
    }
  }

  /**
   * Waits until the files fit the capacity: one that is lower than what they take leaves the
   * cleaner nothing to work with.
   */
  private static void awaitCleaned(StoreClient client, long live) throws InterruptedException {
    long deadline = System.nanoTime() + FULL_MAX.toNanos();
    while (true) {
      Map<String, Long> gauges = client.stats().getGaugesMap();
      if (gauges.getOrDefault("segment_bytes", Long.MAX_VALUE) < live / LIVE_PART) {
        return;
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException("cleaning did not get on: " + gauges);
      }
      Thread.sleep(PAUSE_MILLIS);
    }
  }

  private static long live(StoreClient client) {
    long live = client.stats().getGaugesMap().getOrDefault("live_bytes", 0L);
    if (live == 0) {
      throw new IllegalStateException("the server does not say what is live");
    }
    return live;
  }

  private static String imageName(int number) {
    return "clean-" + number;
  }

  /** Writes one increment after the other, each of the next image. */
  private static final class Writer {
    private final List<StoreImage> images = new ArrayList<>();
    private final Load load;
    private long written;
    private long refusals;

    Writer(StoreClient client, Load load) {
      this.load = load;
      for (int i = 0; i < load.images(); i++) {
        images.add(client.open(imageName(i), load.imageBytes()));
      }
    }

    /** The next increment of every image. */
    void round() throws InterruptedException, ExecutionException {
      PageSet set = load.next().apply(written / images.size());
      for (StoreImage image : images) {
        write(image, set);
        written++;
      }
    }

    /** Returns the page bytes that were sent, at least so many. */
    long write(long bytes) throws InterruptedException, ExecutionException {
      long sent = 0;
      while (sent < bytes) {
        StoreImage image = images.get((int) (written % images.size()));
        PageSet set = load.next().apply(written / images.size());
        write(image, set);
        sent += set.bytes();
        written++;
      }
      return sent;
    }

    private void write(StoreImage image, PageSet set)
        throws InterruptedException, ExecutionException {
      refusals += PatientWrite.increment(image, set);
    }

    void close() {
      images.forEach(StoreImage::close);
    }
  }
}
