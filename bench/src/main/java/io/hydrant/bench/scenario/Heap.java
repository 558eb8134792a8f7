package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.process.GarbageLog;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.RestoreSession;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server with a small heap: one protector writes image after image flat out while a restorer
 * reads each of them, checked, as soon as it is committed; in the end all are read once more.
 */
public final class Heap implements Scenario {
  private static final int POOL_PAGES = 64 << 10;
  private static final String HEAP = "512m";

  @Override
  public String name() {
    return "heap";
  }

  @Override
  public String purpose() {
    return "a server with a heap of 512 MB while ten 1 GiB images are written and read";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 64L << 20);
    int images = lab.scale().pick(10, 10, 3);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    Path garbage = lab.directory().resolve("gc.log");
    Report.Builder report = Report.builder();
    AtomicInteger read = new AtomicInteger();
    try (StoreProcess store =
        lab.startStore("data", List.of("-Xmx" + HEAP, "-Xlog:gc:file=" + garbage), List.of())) {
      try (StoreClient client = StoreClient.connect(store)) {
        writeAndRead(lab, client, pool, imageBytes, images, read);
      } catch (ExecutionException | RuntimeException e) {
        report.violation(
            "it broke off: " + e + "; the server's log ends: " + store.process().logTail());
      }
      if (store.process().alive()) {
        long resident = store.process().peakResidentBytes();
        report.row(Row.told("peak resident set", Series.single("MB", resident / 1e6)));
        store.stop();
      } else {
        report.violation("the server ended: " + store.process().logTail());
      }
    }
    GarbageLog log = GarbageLog.read(garbage);
    return report
        .row(
            Row.held(
                "images written and read twice",
                Series.single("", read.get() / 2.0),
                Bar.atLeast(images)))
        .row(Row.told("peak heap before a collection", Series.single("MiB", log.peakMebibytes())))
        .row(Row.told("longest pause", Series.single("ms", log.longestPauseMillis())))
        .row(Row.told("time in pauses", Series.single("ms", log.pauseMillis())))
        .row(Row.told("full collections", Series.single("", log.fullCount())))
        .setting("heap", HEAP)
        .setting("images", images)
        .setting("image_bytes", imageBytes)
        .build();
  }

  private void writeAndRead(
      Lab lab, StoreClient client, PagePool pool, long imageBytes, int count, AtomicInteger read)
      throws Exception {
    BlockingQueue<StoreImage> written = new ArrayBlockingQueue<>(count);
    CompletableFuture<@Nullable Void> reader = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("restorer")
        .daemon()
        .start(() -> readAll(written, count, read, reader));
    for (int i = 0; i < count; i++) {
      StoreImage image = client.create("heap-" + i, imageBytes);
      image.writeFull(pool);
      lab.say("%s: wrote image %d of %d", name(), i + 1, count);
      written.put(image);
      if (reader.isCompletedExceptionally()) {
        break;
      }
    }
    reader.get();
  }

  private static void readAll(
      BlockingQueue<StoreImage> written,
      int count,
      AtomicInteger read,
      CompletableFuture<@Nullable Void> end) {
    try {
      StoreImage[] images = new StoreImage[count];
      for (int i = 0; i < count; i++) {
        images[i] = written.take();
        read(images[i]);
        read.incrementAndGet();
      }
      for (StoreImage image : images) {
        read(image);
        read.incrementAndGet();
        image.close();
      }
      end.complete(null);
    } catch (Exception e) {
      end.completeExceptionally(e);
    }
  }

  private static void read(StoreImage image) throws Exception {
    try (RestoreSession session = image.openRestore()) {
      StoreReads.prefetch(session, image.range());
    }
  }
}
