package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.process.GarbageLog;
import io.hydrant.bench.restore.MemoryTarget;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.CheckpointChoice;
import io.hydrant.client.HydrantClient;
import io.hydrant.pager.LazyRestore;
import io.hydrant.pager.PagerOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** A host has failed, and all of its machines are restored at once, each by a host of its own. */
public final class Restores implements Scenario {
  private static final String HEAP = "512m";
  private static final int POOL_PAGES = 64 << 10;
  private static final int FOLDED_BYTES = 32 << 20;
  private static final int ROUNDS = 5;
  private static final int WARMUP = 1;
  private static final long RESTORE_SECONDS_MAX = 300;

  @Override
  public String name() {
    return "restores";
  }

  @Override
  public String purpose() {
    return "20 restores at once of different images from one server with a heap of 512 MB";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int images = lab.scale().pick(20, 20, 4);
    long imageBytes = lab.scale().pick(256L << 20, 64L << 20, 16L << 20);
    int rounds = lab.options().roundsOr(ROUNDS, 1);
    Path garbage = lab.directory().resolve("gc.log");
    List<Double> slowest = new ArrayList<>();
    List<Double> means = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    Report.Builder report = Report.builder();
    try (StoreProcess store =
        lab.startStore("data", List.of("-Xmx" + HEAP, "-Xlog:gc:file=" + garbage), List.of())) {
      fill(lab, store, images, imageBytes);
      for (int round = -WARMUP; round < rounds; round++) {
        List<Double> seconds = restoreAll(store, images);
        double mean = seconds.stream().mapToDouble(each -> each).average().orElseThrow();
        double worst = seconds.stream().mapToDouble(each -> each).max().orElseThrow();
        if (round >= 0) {
          means.add(mean);
          slowest.add(worst);
          ratios.add(worst / mean);
        }
      }
      report.row(
          Row.told(
              "peak resident set", Series.single("MB", store.process().peakResidentBytes() / 1e6)));
      store.stop();
    }
    GarbageLog log = GarbageLog.read(garbage);
    double bytes = (double) images * imageBytes;
    return report
        .row(
            Row.told(
                "all images, until the last one is whole",
                new Series("MB/s", slowest.stream().map(each -> bytes / 1e6 / each).toList())))
        .row(Row.told("mean of the restores of a round", new Series("s", means)))
        .row(Row.told("slowest", new Series("s", slowest)))
        .row(Row.held("slowest by mean", new Series("", ratios), Bar.atMost(1.5)))
        .row(Row.told("peak heap before a collection", Series.single("MiB", log.peakMebibytes())))
        .row(Row.told("longest pause", Series.single("ms", log.longestPauseMillis())))
        .setting("heap", HEAP)
        .setting("images", images)
        .setting("image_bytes", imageBytes)
        .note("each restore over connections of its own, by plan and fill, all pages checked")
        .build();
  }

  private static String image(int number) {
    return "restores-" + number;
  }

  private void fill(Lab lab, StoreProcess store, int images, long imageBytes) throws Exception {
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    try (StoreClient client = StoreClient.connect(store)) {
      for (int i = 0; i < images; i++) {
        client
            .written(
                client.create(image(i), imageBytes), image(i), imageBytes, to -> to.writeFull(pool))
            .close();
      }
      lab.say("%s: wrote %d images", name(), images);
    }
  }

  /** Seconds of each, from its call to its last page. */
  private static List<Double> restoreAll(StoreProcess store, int images) throws Exception {
    try (ExecutorService hosts = Executors.newFixedThreadPool(images)) {
      List<Future<Double>> restores = new ArrayList<>();
      for (int i = 0; i < images; i++) {
        String image = image(i);
        restores.add(hosts.submit(() -> restore(store, image)));
      }
      List<Double> seconds = new ArrayList<>();
      for (Future<Double> restore : restores) {
        seconds.add(restore.get());
      }
      return seconds;
    }
  }

  private static double restore(StoreProcess store, String image) throws Exception {
    try (StoreClient client = StoreClient.connect(store)) {
      MemoryTarget memory = new MemoryTarget(FOLDED_BYTES);
      long begin = System.nanoTime();
      LazyRestore.Begun begun =
          LazyRestore.begin(
              client.library(),
              HydrantClient.name(image),
              new CheckpointChoice.Latest(),
              Duration.ZERO,
              0,
              memory.folded(),
              PagerOptions.DEFAULT);
      try (var session = begun.lazy().session();
          LazyRestore lazy = begun.lazy()) {
        lazy.start();
        lazy.whole().get(RESTORE_SECONDS_MAX, TimeUnit.SECONDS);
        return (System.nanoTime() - begin) / 1e9;
      }
    }
  }
}
