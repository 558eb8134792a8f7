package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.calibrate.Rates;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.fanout.FanOutGroup;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Round;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.measure.SeriesRecorder;
import io.hydrant.bench.process.ProcessAccounts;
import io.hydrant.bench.ratis.BareRatisGroup;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;

/**
 * One full checkpoint of raw pages into a group of three, flat out, against a bare Ratis group of
 * three and a bare fan-out to three files.
 */
public final class Ingest3 implements Scenario {
  /** The compilers of three servers are at work for some 8 GB. */
  private static final int WARMUP_ROUNDS = 4;

  private static final int POOL_PAGES = 64 << 10;

  @Override
  public String name() {
    return "ingest3";
  }

  @Override
  public String purpose() {
    return "one full checkpoint into a group of three processes, flat out, fsync on";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(2L << 30, 1L << 30, 64L << 20);
    int rounds = lab.options().roundsOr(5, 1);
    int warmup = lab.scale().pick(WARMUP_ROUNDS, WARMUP_ROUNDS, 1);
    lab.say("%s: making pages and recycled files ...", name());
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    List<String> heap = List.of("-Xmx" + lab.options().heap());
    try (BareRatisGroup ratis = BareRatisGroup.start(lab.jvm(), heap, lab.directory(), imageBytes);
        FanOutGroup fanOut = FanOutGroup.start(lab.jvm(), heap, lab.directory(), imageBytes);
        StoreGroup group = lab.startGroup("data", List.of());
        StoreClient client = StoreClient.connect(group)) {
      long mebibytes = imageBytes >> 20;
      List<WriteCheckpointRequest> messages =
          PageMessages.batches(PageSet.run(pool, 0, pool.pages()));
      Side store =
          new Side(
              lab,
              "store",
              imageBytes,
              group::accounts,
              round -> store(group, client, pool, imageBytes, round));
      Side ratisSide =
          new Side(
              lab,
              "bare Ratis",
              imageBytes,
              ratis::accounts,
              round -> ratis.write(pool, mebibytes));
      Side fanOutSide =
          new Side(
              lab,
              "bare fan-out",
              imageBytes,
              fanOut::accounts,
              round -> fanOut.write(messages, mebibytes));
      long term = group.term();
      new Alternation(warmup, rounds).run(List.of(store, ratisSide, fanOutSide));
      return report(store, ratisSide, fanOutSide)
          .row(Row.told("elections of the store's group", Series.single("", group.term() - term)))
          .setting("image_bytes", imageBytes)
          .setting("rounds", rounds)
          .setting("warmup_rounds", warmup)
          .setting("heap", lab.options().heap())
          .note(
              "CPU per GB: user and system time of all processes, from the first byte until every replica has the last one; GB of pages, counted once")
          .note("servers' CPU: of the three; the rest is the client's, which is this process")
          .build();
    }
  }

  private static Report.Builder report(Side store, Side ratis, Side fanOut) {
    return Report.builder()
        .row(
            Row.compared(
                "ingest, against bare Ratis (state machine data, 1 MiB, window 32)",
                store.rate.series(),
                ratis.rate.series(),
                Bar.ratioAtLeast(1.5)))
        .row(
            Row.compared(
                "ingest, against a bare fan-out",
                store.rate.series(),
                fanOut.rate.series(),
                Bar.ratioAtLeast(0.6)))
        .row(Row.held("CPU per GB, all processes", store.allCpu.series(), Bar.atMost(3)))
        .row(Row.told("CPU per GB, all processes: bare Ratis", ratis.allCpu.series()))
        .row(Row.told("CPU per GB, all processes: bare fan-out", fanOut.allCpu.series()))
        .row(Row.told("CPU per GB, the three servers", store.serverCpu.series()))
        .row(Row.told("CPU per GB, the three servers: bare Ratis", ratis.serverCpu.series()))
        .row(Row.told("CPU per GB, the three servers: bare fan-out", fanOut.serverCpu.series()))
        .row(Row.told("bytes written per page byte, three replicas", store.written.series()));
  }

  /** Nanoseconds to the acknowledgement; returns when all replicas have everything. */
  private static long store(
      StoreGroup group, StoreClient client, PagePool pool, long imageBytes, Round round)
      throws Exception {
    String name = "ingest-%s-%d".formatted(round.counted() ? "round" : "warmup", round.index());
    try (StoreImage image = client.create(name, imageBytes)) {
      long nanos = image.writeFull(pool);
      group.awaitDrained();
      // Its segments are recycled in the next round, as the bare files are.
      image.delete();
      return nanos;
    }
  }

  private interface Write {
    long nanos(Round round) throws Exception;
  }

  private static final class Side implements Alternation.Side {
    private final SeriesRecorder rate = new SeriesRecorder("MB/s");
    private final SeriesRecorder allCpu = new SeriesRecorder("s");
    private final SeriesRecorder serverCpu = new SeriesRecorder("s");
    private final SeriesRecorder written = new SeriesRecorder("");
    private final Lab lab;
    private final String name;
    private final long bytes;
    private final Accounts servers;
    private final Write write;

    Side(Lab lab, String name, long bytes, Accounts servers, Write write) {
      this.lab = lab;
      this.name = name;
      this.bytes = bytes;
      this.servers = servers;
      this.write = write;
    }

    @Override
    public void run(Round round) throws Exception {
      ProcessAccounts serversBefore = servers.now();
      ProcessAccounts selfBefore = ProcessAccounts.ofSelf();
      long nanos = write.nanos(round);
      ProcessAccounts spent = servers.now().since(serversBefore);
      ProcessAccounts self = ProcessAccounts.ofSelf().since(selfBefore);
      rate.add(round, Rates.megabytesPerSecond(bytes, nanos));
      serverCpu.add(round, spent.cpuSecondsPerGigabyte(bytes));
      allCpu.add(round, spent.plus(self).cpuSecondsPerGigabyte(bytes));
      written.add(round, (double) spent.writeBytes() / bytes);
      lab.say(
          "ingest3: %s: %.0f MB/s, %.2f CPU s/GB, of these %.2f of the servers",
          name,
          Rates.megabytesPerSecond(bytes, nanos),
          spent.plus(self).cpuSecondsPerGigabyte(bytes),
          spent.cpuSecondsPerGigabyte(bytes));
    }
  }
}
