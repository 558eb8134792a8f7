package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.calibrate.Rates;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import java.util.ArrayList;
import java.util.List;

/**
 * What small scattered checkpoints cost on disk. Every image has a full checkpoint first; then the
 * server is stopped gracefully and started again, so that whatever those left to be flushed is
 * written before the count begins. The count ends when the server has ended after another graceful
 * stop: index flushes that belong to the counted checkpoints are in it.
 */
public final class IngestScattered implements Scenario {
  private static final int POOL_PAGES = 64 << 10;

  @Override
  public String name() {
    return "ingest-scattered";
  }

  @Override
  public String purpose() {
    return "bytes written for checkpoints of random pages spread over several images";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 32L << 20);
    int images = lab.scale().pick(10, 10, 3);
    int checkpoints = lab.scale().pick(200, 200, 6);
    int pages = lab.scale().pick(2_560, 2_560, 256);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    fill(lab, pool, images, imageBytes);
    lab.say("%s: %d checkpoints of %,d pages ...", name(), checkpoints, pages);
    try (StoreProcess store = lab.startStore("data")) {
      ProcessAccounts before = store.accounts();
      long nanos = write(lab, store, pool, new Load(images, checkpoints, pages, imageBytes));
      ProcessAccounts acknowledged = store.accounts().since(before);
      ProcessAccounts life = store.stop();
      ProcessAccounts whole = life.since(before);
      long pageBytes = (long) checkpoints * pages * PagePool.PAGE_BYTES;
      return Report.builder()
          .row(
              Row.held(
                  "bytes written per page byte, shutdown included",
                  Series.single("", (double) whole.writeBytes() / pageBytes),
                  Bar.atMost(1.20)))
          .row(
              Row.told(
                  "bytes written per page byte, at the last acknowledgement",
                  Series.single("", (double) acknowledged.writeBytes() / pageBytes)))
          .row(
              Row.told(
                  "bytes written per page byte, start-up included too",
                  Series.single("", (double) life.writeBytes() / pageBytes)))
          .row(Row.told("rate", Series.single("MB/s", Rates.megabytesPerSecond(pageBytes, nanos))))
          .setting("images", images)
          .setting("image_bytes", imageBytes)
          .setting("checkpoints", checkpoints)
          .setting("pages_per_checkpoint", pages)
          .note(
              "counted: write_bytes of a server that was started for it, from when it was ready"
                  + " until it had ended; the full checkpoints were written by a server before it")
          .build();
    }
  }

  private record Load(int images, int checkpoints, int pages, long imageBytes) {}

  private void fill(Lab lab, PagePool pool, int images, long imageBytes) throws Exception {
    lab.say("%s: %d full checkpoints ...", name(), images);
    try (StoreProcess store = lab.startStore("data")) {
      try (StoreClient client = StoreClient.connect(store)) {
        for (int i = 0; i < images; i++) {
          try (StoreImage image = client.create(imageName(i), imageBytes)) {
            image.writeFull(pool);
          }
        }
      }
      store.stop();
    }
  }

  private static long write(Lab lab, StoreProcess store, PagePool pool, Load load)
      throws Exception {
    PageChoice choice = new PageChoice(lab.options().seed());
    List<StoreImage> images = new ArrayList<>();
    long nanos = 0;
    try (StoreClient client = StoreClient.connect(store)) {
      for (int i = 0; i < load.images(); i++) {
        images.add(client.open(imageName(i), load.imageBytes()));
      }
      for (int i = 0; i < load.checkpoints(); i++) {
        PageSet set =
            PageSet.scattered(pool, choice, load.pages(), load.imageBytes() / PagePool.PAGE_BYTES);
        nanos += images.get(i % load.images()).writeIncremental(set);
      }
      images.forEach(StoreImage::close);
    }
    return nanos;
  }

  private static String imageName(int number) {
    return "scattered-" + number;
  }
}
