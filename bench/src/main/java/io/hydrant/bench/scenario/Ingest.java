package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.calibrate.Rates;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Round;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.measure.SeriesRecorder;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;

/** One full checkpoint of raw pages, flat out, against a bare stream of the same messages. */
public final class Ingest implements Scenario {
  private static final int WARMUP_ROUNDS = 2;
  private static final int POOL_PAGES = 64 << 10;

  @Override
  public String name() {
    return "ingest";
  }

  @Override
  public String purpose() {
    return "one full checkpoint of incompressible pages, flat out, fsync on";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(4L << 30, 1L << 30, 64L << 20);
    int rounds = lab.options().roundsOr(5, 1);
    lab.say("%s: making pages and a recycled file ...", name());
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    try (BareProcess bare = lab.startBare(imageBytes, BareSettings.Executor.POOL);
        StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store)) {
      StoreSide storeSide = new StoreSide(lab, store, client, pool, imageBytes);
      BareSide bareSide = new BareSide(bare, pool, imageBytes);
      ProcessAccounts before = store.accounts();
      new Alternation(WARMUP_ROUNDS, rounds).run(List.of(storeSide, bareSide));
      client.close();
      ProcessAccounts whole = store.stop().since(before);
      long pageBytes = (WARMUP_ROUNDS + rounds) * imageBytes;
      return report(storeSide, bareSide)
          .row(
              Row.held(
                  "bytes written per page byte, all rounds and shutdown",
                  Series.single("", (double) whole.writeBytes() / pageBytes),
                  Bar.atMost(1.05)))
          .setting("image_bytes", imageBytes)
          .setting("rounds", rounds)
          .setting("warmup_rounds", WARMUP_ROUNDS)
          .note(
              "bytes written: write_bytes of the server process from before the first round until"
                  + " it has ended, warm-up and graceful shutdown included")
          .build();
    }
  }

  private static Report.Builder report(StoreSide store, BareSide bare) {
    return Report.builder()
        .row(
            Row.compared(
                "ingest",
                store.rate.series(),
                bare.rate.series(),
                Bar.ratioAtLeast(0.6),
                Bar.atLeast(300)))
        .row(Row.compared("server CPU per GB", store.serverCpu.series(), bare.serverCpu.series()))
        .row(Row.compared("client CPU per GB", store.clientCpu.series(), bare.clientCpu.series()))
        .row(
            Row.told("bytes written per page byte, at acknowledgement", store.writeRatio.series()));
  }

  /** CPU seconds per 10^9 bytes. */
  private static double cpuPerGigabyte(ProcessAccounts accounts, long bytes) {
    return accounts.cpuSeconds() / (bytes / 1e9);
  }

  private static final class StoreSide implements Alternation.Side {
    private final SeriesRecorder rate = new SeriesRecorder("MB/s");
    private final SeriesRecorder serverCpu = new SeriesRecorder("s");
    private final SeriesRecorder clientCpu = new SeriesRecorder("s");
    private final SeriesRecorder writeRatio = new SeriesRecorder("");
    private final Lab lab;
    private final StoreProcess store;
    private final StoreClient client;
    private final PagePool pool;
    private final long imageBytes;

    StoreSide(Lab lab, StoreProcess store, StoreClient client, PagePool pool, long imageBytes) {
      this.lab = lab;
      this.store = store;
      this.client = client;
      this.pool = pool;
      this.imageBytes = imageBytes;
    }

    @Override
    public void run(Round round) throws Exception {
      String name = "ingest-%s-%d".formatted(round.counted() ? "round" : "warmup", round.index());
      try (StoreImage image = client.create(name, imageBytes)) {
        ProcessAccounts serverBefore = store.accounts();
        ProcessAccounts selfBefore = ProcessAccounts.ofSelf();
        long nanos = image.writeFull(pool);
        ProcessAccounts server = store.accounts().since(serverBefore);
        ProcessAccounts self = ProcessAccounts.ofSelf().since(selfBefore);
        rate.add(round, Rates.megabytesPerSecond(imageBytes, nanos));
        serverCpu.add(round, cpuPerGigabyte(server, imageBytes));
        clientCpu.add(round, cpuPerGigabyte(self, imageBytes));
        writeRatio.add(round, (double) server.writeBytes() / imageBytes);
        lab.say("%s: %.0f MB/s", name, Rates.megabytesPerSecond(imageBytes, nanos));
        // Its segments are recycled in the next round, as the bare file is.
        image.delete();
      }
    }
  }

  private static final class BareSide implements Alternation.Side {
    private final SeriesRecorder rate = new SeriesRecorder("MB/s");
    private final SeriesRecorder serverCpu = new SeriesRecorder("s");
    private final SeriesRecorder clientCpu = new SeriesRecorder("s");
    private final BareProcess bare;
    private final List<WriteCheckpointRequest> messages;
    private final long imageBytes;

    BareSide(BareProcess bare, PagePool pool, long imageBytes) {
      this.bare = bare;
      this.messages = PageMessages.batches(PageSet.run(pool, 0, pool.pages()));
      this.imageBytes = imageBytes;
    }

    @Override
    public void run(Round round) throws Exception {
      ProcessAccounts serverBefore = bare.process().accounts();
      ProcessAccounts selfBefore = ProcessAccounts.ofSelf();
      long count = imageBytes / PagePool.PAGE_BYTES / PageMessages.BATCH_PAGES;
      long nanos = bare.client().sink(messages, count);
      ProcessAccounts server = bare.process().accounts().since(serverBefore);
      ProcessAccounts self = ProcessAccounts.ofSelf().since(selfBefore);
      rate.add(round, Rates.megabytesPerSecond(imageBytes, nanos));
      serverCpu.add(round, cpuPerGigabyte(server, imageBytes));
      clientCpu.add(round, cpuPerGigabyte(self, imageBytes));
    }
  }
}
