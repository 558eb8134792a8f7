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
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.Space;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Whether a long chain of checkpoints costs anything once its history is retired: what the store
 * takes on disk all the while, and how it reads at the end.
 */
public final class Depth implements Scenario {
  private static final String IMAGE = "depth";
  private static final int KEEP_LAST = 16;
  private static final int EARLY = 10;
  private static final int POOL_PAGES = 64 << 10;
  private static final int WARMUP_ROUNDS = 1;
  private static final int LOOK_EVERY = 20;
  private static final int SAY_EVERY = 500;
  private static final long SEGMENT_BYTES = 64L << 20;
  private static final long RESERVE_BYTES = 4 * SEGMENT_BYTES;
  private static final int LOW_ROOM_PART = 8;
  private static final double SHARE_MAX = 1.5;

  @Override
  public String name() {
    return "depth";
  }

  @Override
  public String purpose() {
    return "10,000 checkpoints of one image, the last 16 kept: what they take, and reads at the end";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 32L << 20);
    int checkpoints = lab.scale().pick(10_000, 1_000, 40);
    int pages = lab.scale().pick(2_560, 2_560, 256);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    PageChoice choice = new PageChoice(lab.options().seed());
    Report.Builder report = Report.builder();
    // What is retained at most; the capacity lets ingest go no faster than cleaning makes room.
    long retained = imageBytes + (long) KEEP_LAST * pages * PagePool.PAGE_BYTES;
    long capacity = (long) (SHARE_MAX * retained) + 2 * SEGMENT_BYTES;
    List<String> settings =
        List.of(
            "storage.capacity-bytes=" + (capacity + RESERVE_BYTES / 2),
            "storage.reserve-bytes=" + RESERVE_BYTES,
            "storage.spare-segments-max=0",
            "cleaning.low-room-bytes=" + capacity / LOW_ROOM_PART,
            "cleaning.bytes-per-second=1g");
    try (StoreProcess store =
            lab.startStore("data", List.of("-Xmx" + lab.options().heap()), settings);
        StoreClient client = StoreClient.connect(store);
        StoreImage image = client.create(IMAGE, imageBytes, KEEP_LAST)) {
      image.writeFull(pool);
      Series restoredFirst = restores(lab, image);
      for (int i = 1; i < EARLY; i++) {
        image.writeIncremental(PageSet.scattered(pool, choice, pages, image.pages()));
      }
      Read early = read(lab, client, image);
      double most = 0;
      long refusals = 0;
      long began = System.nanoTime();
      for (int i = EARLY; i < checkpoints; i++) {
        refusals +=
            PatientWrite.increment(image, PageSet.scattered(pool, choice, pages, image.pages()));
        if (i % LOOK_EVERY == 0) {
          most = Math.max(most, share(client.space()));
        }
        if (i % SAY_EVERY == 0) {
          lab.say("%s: %d checkpoints, at most %.2f times what is live", name(), i, most);
        }
      }
      double seconds = (System.nanoTime() - began) / 1e9;
      Read late = read(lab, client, image);
      Series restoredLast = restores(lab, image);
      report
          .row(
              Row.held(
                  "files but two segments, by bytes live and retained, at most",
                  Series.single("", most),
                  Bar.atMost(SHARE_MAX)))
          .row(
              Row.told(
                  "page bytes written meanwhile",
                  Series.single(
                      "MB/s",
                      (double) (checkpoints - EARLY)
                          * pages
                          * PagePool.PAGE_BYTES
                          / seconds
                          / 1e6)))
          .row(Row.told("refusals for lack of space", Series.single("", refusals)))
          .row(
              Row.compared(
                  "fetch p50, at the end against after 10",
                  late.latencies.micros(50),
                  early.latencies.micros(50),
                  Bar.ratioAtMost(1.1)))
          .row(
              Row.compared(
                  "fetch p99 of all, at the end against after 10",
                  late.latencies.microsOfAll(99),
                  early.latencies.microsOfAll(99),
                  Bar.ratioAtMost(1.3)))
          .row(
              Row.compared(
                  "full restore, at the end against after the first checkpoint",
                  restoredLast,
                  restoredFirst,
                  Bar.ratioAtLeast(0.8)));
      late.counters.tell("at the end", report);
    }
    return report
        .setting("image_bytes", imageBytes)
        .setting("checkpoints", checkpoints)
        .setting("pages_per_checkpoint", pages)
        .setting("keep_last", KEEP_LAST)
        .note("files: of segments, spare ones among them, as hydrant df says, every 20 checkpoints")
        .note("nothing is written while pages are read; the cleaner may still be at work")
        .build();
  }

  private static double share(Space space) {
    return (double) (space.getFileBytes() - 2 * SEGMENT_BYTES) / space.getLiveBytes();
  }

  private static Series restores(Lab lab, StoreImage image) throws IOException {
    int rounds = lab.options().roundsOr(5, 1);
    List<Double> rates = new ArrayList<>();
    for (int round = -WARMUP_ROUNDS; round < rounds; round++) {
      try (RestoreSession session = image.openRestore()) {
        long nanos = StoreReads.prefetch(session, image.range());
        if (round >= 0) {
          rates.add(image.pages() * PagePool.PAGE_BYTES / (nanos / 1e9) / 1e6);
        }
      }
    }
    return new Series("MB/s", rates);
  }

  private record Read(BlockLatencies latencies, ReadCounters counters) {}

  private static Read read(Lab lab, StoreClient client, StoreImage image) throws Exception {
    int count = lab.scale().pick(5_000, 5_000, 200);
    int rounds = lab.options().roundsOr(10, 1);
    PageChoice choice = new PageChoice(lab.options().seed() + 1);
    BlockLatencies latencies = new BlockLatencies();
    try (RestoreSession session = image.openRestore();
        PageFetcher fetcher = session.fetcher()) {
      StoreReads.prefetch(session, image.range());
      new Alternation(WARMUP_ROUNDS, rounds)
          .run(List.of(SingleFetches.of(fetcher, choice, count, image.pages(), latencies)));
      Map<String, Long> before = client.stats().getCountersMap();
      SingleFetches.of(fetcher, choice, count, image.pages(), new BlockLatencies())
          .run(new Round(0, false));
      return new Read(
          latencies, ReadCounters.between(before, client.stats().getCountersMap(), count));
    }
  }
}
