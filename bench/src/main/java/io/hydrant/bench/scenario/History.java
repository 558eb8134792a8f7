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
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.RestoreSession;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Whether reads get slower with history. Two images of one store get two checkpoints each; then one
 * of them gets all the others. It is compared with itself (measured before) and with its twin that
 * still has two (measured in turns with it, so that a change of the machine's mood is not taken for
 * one of the store).
 */
public final class History implements Scenario {
  private static final int WARMUP_ROUNDS = 2;
  private static final int POOL_PAGES = 64 << 10;
  private static final int TRACT_PAGES = 2_048;
  private static final String GROWN = "history-grown";

  @Override
  public String name() {
    return "history";
  }

  @Override
  public String purpose() {
    return "page fetches after 2,000 checkpoints of the same image, against after 2";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 32L << 20);
    int checkpoints = lab.scale().pick(2_000, 200, 20);
    int pages = lab.scale().pick(2_560, 2_560, 256);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    PageChoice choice = new PageChoice(lab.options().seed());
    Report.Builder report = Report.builder();
    try (StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store);
        StoreImage grown = client.create(GROWN, imageBytes);
        StoreImage twin = client.create("history-twin", imageBytes)) {
      for (StoreImage image : List.of(grown, twin)) {
        image.writeFull(pool);
        image.writeIncremental(PageSet.scattered(pool, choice, pages, image.pages()));
      }
      Measured before = measure(lab, client, grown, twin);
      for (int i = 2; i < checkpoints; i++) {
        grown.writeIncremental(PageSet.scattered(pool, choice, pages, grown.pages()));
        if (i % 200 == 0) {
          lab.say("%s: %d checkpoints", name(), i);
        }
      }
      Measured after = measure(lab, client, grown, twin);
      tell(report, before, after);
      client.close();
      store.stop();
    }
    try (StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store)) {
      firstLookups(client, imageBytes / PagePool.PAGE_BYTES).tell("after a restart", report);
    }
    return report
        .setting("image_bytes", imageBytes)
        .setting("checkpoints", checkpoints)
        .setting("pages_per_checkpoint", pages)
        .note(
            "one fetch in flight; the whole image was read once before, so the page cache is warm")
        .note("counters: of the server, over fetches of single pages of the grown image")
        .note("warm: page maps come from memory; after a restart: one page of every tract")
        .build();
  }

  private static void tell(Report.Builder report, Measured before, Measured after) {
    report
        .row(
            Row.compared(
                "p50, grown image against its twin with 2",
                after.grown.micros(50),
                after.twin.micros(50),
                Bar.ratioAtMost(1.1)))
        .row(
            Row.compared(
                "p99 of all, grown image against its twin with 2",
                after.grown.microsOfAll(99),
                after.twin.microsOfAll(99),
                Bar.ratioAtMost(1.3)))
        .row(
            Row.compared(
                "p50, grown image against itself at 2",
                after.grown.micros(50),
                before.grown.micros(50),
                Bar.ratioAtMost(1.1)))
        .row(
            Row.compared(
                "p99 of all, grown image against itself at 2",
                after.grown.microsOfAll(99),
                before.grown.microsOfAll(99),
                Bar.ratioAtMost(1.3)))
        .row(
            Row.compared(
                "p50 at 2, grown image against its twin (no difference expected)",
                before.grown.micros(50),
                before.twin.micros(50)));
    after.counters.tell("warm", report);
  }

  /** One page of each tract, right after a start: no page map is in memory yet. */
  private static ReadCounters firstLookups(StoreClient client, long pages) {
    try (RestoreSession session = client.openRestore(GROWN);
        PageFetcher fetcher = session.fetcher()) {
      ByteBuffer target = ByteBuffer.allocate(PagePool.PAGE_BYTES);
      Map<String, Long> before = client.stats().getCountersMap();
      long count = 0;
      for (long page = TRACT_PAGES / 2; page < pages; page += TRACT_PAGES) {
        fetcher.fetchInto(0, page, target.clear());
        count++;
      }
      return ReadCounters.between(before, client.stats().getCountersMap(), count);
    }
  }

  private record Measured(BlockLatencies grown, BlockLatencies twin, ReadCounters counters) {}

  private Measured measure(Lab lab, StoreClient client, StoreImage grown, StoreImage twin)
      throws Exception {
    int count = lab.scale().pick(5_000, 5_000, 200);
    int rounds = lab.options().roundsOr(10, 1);
    lab.say("%s: fetching ...", name());
    PageChoice choice = new PageChoice(lab.options().seed() + 1);
    BlockLatencies grownLatencies = new BlockLatencies();
    BlockLatencies twinLatencies = new BlockLatencies();
    try (RestoreSession grownSession = grown.openRestore();
        RestoreSession twinSession = twin.openRestore();
        PageFetcher grownFetcher = grownSession.fetcher();
        PageFetcher twinFetcher = twinSession.fetcher()) {
      StoreReads.prefetch(grownSession, grown.range());
      StoreReads.prefetch(twinSession, twin.range());
      new Alternation(WARMUP_ROUNDS, rounds)
          .run(
              List.of(
                  SingleFetches.of(grownFetcher, choice, count, grown.pages(), grownLatencies),
                  SingleFetches.of(twinFetcher, choice, count, twin.pages(), twinLatencies)));
      Map<String, Long> before = client.stats().getCountersMap();
      SingleFetches.of(grownFetcher, choice, count, grown.pages(), new BlockLatencies())
          .run(new Round(0, false));
      Map<String, Long> after = client.stats().getCountersMap();
      return new Measured(
          grownLatencies, twinLatencies, ReadCounters.between(before, after, count));
    }
  }
}
