package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Latencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.restore.MemoryTarget;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.RestoreSession;
import io.hydrant.pager.LazyRestore;
import io.hydrant.pager.PagerOptions;
import io.hydrant.v1.PageRange;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Until a machine can run: a session, its slim state and the pages that it touches first. */
public final class Begin implements Scenario {
  private static final String IMAGE = "begin";
  private static final int FIRST_PAGES = (5 << 20) / PagePool.PAGE_BYTES;
  private static final int SLIM_BYTES = 256 << 10;
  private static final int POOL_PAGES = 64 << 10;
  private static final int WARMUP = 30;
  private static final long COMMIT_SECONDS_MAX = 60;

  @Override
  public String name() {
    return "begin";
  }

  @Override
  public String purpose() {
    return "session, slim state and 5 MB of learned pages in one round trip, one server and three";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(4L << 30, 1L << 30, 64L << 20);
    Report.Builder report = Report.builder().setting("image_bytes", imageBytes);
    try (StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store)) {
      run(lab, report, client, imageBytes, "one server");
    }
    try (StoreGroup group = lab.startGroup("group", List.of());
        StoreClient client = StoreClient.connect(group)) {
      run(lab, report, client, imageBytes, "three");
    }
    return report
        .note("from the call to the last byte of 1,280 scattered pages, each of them checked; warm")
        .build();
  }

  private static void run(
      Lab lab, Report.Builder report, StoreClient client, long imageBytes, String where)
      throws Exception {
    int count = lab.options().rounds().orElse(lab.scale().pick(300, 100, 20));
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    try (StoreImage image = client.create(IMAGE, imageBytes)) {
      image.writeFull(pool);
      try (CheckpointWriter writer = image.openIncremental()) {
        writer.slim(new byte[SLIM_BYTES]);
        image.committed(writer.commit().get(COMMIT_SECONDS_MAX, TimeUnit.SECONDS));
      }
      List<PageRange> touched = new ArrayList<>();
      for (long page : new PageChoice(lab.options().seed()).any(FIRST_PAGES, image.pages())) {
        touched.add(PageRange.newBuilder().setFirstPage(page).setPageCount(1).build());
      }
      try (RestoreSession session = image.openRestore()) {
        session.learn(touched, List.of());
      }
      lab.say("begin: %s ...", where);
      Latencies latencies = new Latencies();
      MemoryTarget memory = new MemoryTarget(Math.min(imageBytes, 1L << 30));
      for (int i = 0; i < WARMUP + count; i++) {
        long begin = System.nanoTime();
        LazyRestore.Begun begun =
            LazyRestore.begin(
                client.library(),
                HydrantClient.name(IMAGE),
                new CheckpointChoice.Latest(),
                Duration.ZERO,
                5L << 20,
                memory.folded(),
                PagerOptions.DEFAULT.onDemandOnly());
        long nanos = System.nanoTime() - begin;
        if (i >= WARMUP) {
          latencies.add(nanos);
        }
        long pages = begun.lazy().stats().present();
        begun.lazy().close();
        begun.lazy().session().close();
        if (pages < FIRST_PAGES * 9 / 10 || begun.slim().length != SLIM_BYTES) {
          report.violation(
              "%s: %d pages and %d bytes of slim state came"
                  .formatted(where, pages, begun.slim().length));
        }
      }
      report
          .row(
              Row.held(
                  where + ": p50",
                  Series.single("ms", latencies.percentileMillis(50)),
                  Bar.atMost(15)))
          .row(
              Row.held(
                  where + ": p99",
                  Series.single("ms", latencies.percentileMillis(99)),
                  Bar.atMost(50)));
    }
  }
}
