package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Round;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.SeriesRecorder;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.RestoreSession;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * From the start of the server's process to its first answer, with a store of many images: after a
 * graceful stop, and after a SIGKILL in the middle of a checkpoint behind a full one that was
 * written flat out (the longest tail to recover).
 */
public final class Startup implements Scenario {
  private static final int WARMUP_ROUNDS = 1;
  private static final int POOL_PAGES = 64 << 10;

  @Override
  public String name() {
    return "startup";
  }

  @Override
  public String purpose() {
    return "start-up with a 10 GiB store, after a graceful stop and after a SIGKILL";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 64L << 20);
    int images = lab.scale().pick(10, 10, 3);
    int rounds = lab.options().roundsOr(5, 1);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    try (StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store)) {
      for (int i = 0; i < images; i++) {
        try (StoreImage image = client.create(imageName(i), imageBytes)) {
          image.writeFull(pool);
        }
        lab.say("%s: wrote image %d of %d", name(), i + 1, images);
      }
      client.close();
      store.stop();
    }
    Starts graceful = new Starts(lab, imageBytes, store -> store.stop());
    Starts killed =
        new Starts(
            lab,
            imageBytes,
            store -> {
              leaveTail(store, pool, imageBytes);
              store.process().kill();
            });
    new Alternation(WARMUP_ROUNDS, rounds).run(List.of(graceful, killed));
    return Report.builder()
        .row(Row.held("ready after a graceful stop", graceful.ready.series(), Bar.below(2)))
        .row(Row.told("first page after a graceful stop", graceful.firstPage.series()))
        .row(Row.held("ready after a SIGKILL", killed.ready.series(), Bar.below(2)))
        .row(Row.told("first page after a SIGKILL", killed.firstPage.series()))
        .setting("images", images)
        .setting("image_bytes", imageBytes)
        .setting("rounds", rounds)
        .note(
            "from before the process was made to the first successful GetServerInfo; page cache warm")
        .build();
  }

  private static String imageName(int number) {
    return "startup-" + number;
  }

  /** One image written anew, and half of another checkpoint that will never be committed. */
  private static void leaveTail(StoreProcess store, PagePool pool, long imageBytes)
      throws Exception {
    try (StoreClient client = StoreClient.connect(store)) {
      StoreImage image = client.open(imageName(0), imageBytes);
      image.writeFull(pool);
      CheckpointWriter half = image.openIncremental();
      for (long page = 0; page < image.pages() / 2; page += PageMessages.BATCH_PAGES) {
        StoreImage.send(half, PageSet.run(pool, page, PageMessages.BATCH_PAGES));
      }
      // Not closed: that would abort it. The kill comes in the middle.
    }
  }

  /** How a server's life ends. */
  private interface End {
    void of(StoreProcess store) throws Exception;
  }

  private static final class Starts implements Alternation.Side {
    private final SeriesRecorder ready = new SeriesRecorder("s");
    private final SeriesRecorder firstPage = new SeriesRecorder("s");
    private final Lab lab;
    private final long imageBytes;
    private final End end;

    Starts(Lab lab, long imageBytes, End end) {
      this.lab = lab;
      this.imageBytes = imageBytes;
      this.end = end;
    }

    @Override
    public void run(Round round) throws Exception {
      String heap = "-Xmx" + lab.options().heap();
      try (StoreProcess store = lab.startStore("data", List.of(heap), List.of())) {
        end.of(store);
      }
      try (StoreProcess store = lab.launchStore("data", List.of(heap), List.of())) {
        double readySeconds = store.awaitReady() / 1e9;
        ready.add(round, readySeconds);
        fetchOne(store);
        firstPage.add(round, (System.nanoTime() - store.process().startedNanos()) / 1e9);
        lab.say("startup: ready after %.3f s", readySeconds);
        store.stop();
      }
    }

    private void fetchOne(StoreProcess store) {
      try (StoreClient client = StoreClient.connect(store);
          RestoreSession session = client.openRestore(imageName(0));
          PageFetcher fetcher = session.fetcher()) {
        long page = imageBytes / PagePool.PAGE_BYTES / 2;
        fetcher.fetchInto(0, page, ByteBuffer.allocate(PagePool.PAGE_BYTES));
      }
    }
  }
}
