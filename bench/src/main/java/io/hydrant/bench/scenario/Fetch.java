package io.hydrant.bench.scenario;

import com.google.protobuf.BytesValue;
import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareClient;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.EchoStream;
import io.hydrant.bench.calibrate.Rates;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.BlockLatencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.measure.SeriesRecorder;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.PageFetcher;
import io.hydrant.client.PageOutcome;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.FetchRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Random page fetches from a warm image, checked by the client: one in flight against a bare echo
 * of a page, and many in flight against a bare stream of as many pages a message. There are two
 * bare servers, with calls on gRPC's pool and on its network threads; the bar is held against the
 * better of the two.
 */
public final class Fetch implements Scenario {
  private static final int WARMUP_ROUNDS = 2;
  private static final int POOL_PAGES = 64 << 10;
  private static final int IN_FLIGHT = 16;
  private static final List<Integer> BATCH_PAGES = List.of(32, 64);

  /** Requests made ahead, used in turn. */
  private static final int DISTINCT_REQUESTS = 2_048;

  @Override
  public String name() {
    return "fetch";
  }

  @Override
  public String purpose() {
    return "random 4 KiB pages, warm: latency of one, pages per second of many in flight";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 256L << 20, 32L << 20);
    int rounds = lab.options().roundsOr(7, 1);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    Report.Builder report = Report.builder();
    try (BareProcess pooled = lab.startBare(Sizes.UNUSED_FILE_BYTES, BareSettings.Executor.POOL);
        BareProcess direct = lab.startBare(Sizes.UNUSED_FILE_BYTES, BareSettings.Executor.DIRECT);
        StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store);
        StoreImage image = client.create("fetch", imageBytes)) {
      image.writeFull(pool);
      try (RestoreSession session = image.openRestore();
          PageFetcher fetcher = session.fetcher()) {
        StoreReads.prefetch(session, image.range());
        Bench bench =
            new Bench(lab, rounds, image.pages(), fetcher, pooled.client(), direct.client());
        bench.one(report);
        for (int pages : BATCH_PAGES) {
          bench.many(report, pages);
        }
      }
    }
    return report
        .setting("image_bytes", imageBytes)
        .setting("rounds", rounds)
        .setting("in_flight", IN_FLIGHT)
        .note(
            "every page fetched from the store is checked by the client library, a bare one is not")
        .note(
            "bare: the better of two servers, with calls on gRPC's pool and on its network threads")
        .build();
  }

  private record Bench(
      Lab lab,
      int rounds,
      long imagePages,
      PageFetcher fetcher,
      BareClient pooled,
      BareClient direct) {

    void one(Report.Builder report) throws Exception {
      int count = lab.scale().pick(10_000, 5_000, 200);
      BytesValue echo = BareClient.echoMessage(PagePool.PAGE_BYTES);
      BlockLatencies stored = new BlockLatencies();
      BlockLatencies pooledEchoes = new BlockLatencies();
      BlockLatencies directEchoes = new BlockLatencies();
      PageChoice choice = new PageChoice(lab.options().seed());
      ByteBuffer target = ByteBuffer.allocate(PagePool.PAGE_BYTES);
      Alternation.Side store =
          round -> {
            for (long page : choice.any(count, imagePages)) {
              target.clear();
              long begin = System.nanoTime();
              PageOutcome outcome = fetcher.fetchInto(0, page, target);
              stored.add(round, System.nanoTime() - begin);
              if (outcome != PageOutcome.FOUND) {
                throw new IllegalStateException("page " + page + " is " + outcome);
              }
            }
          };
      lab.say("fetch: one in flight ...");
      try (EchoStream pooledStream = pooled.echoStream();
          EchoStream directStream = direct.echoStream()) {
        new Alternation(WARMUP_ROUNDS, rounds)
            .run(
                List.of(
                    store,
                    echoes(pooledStream, echo, count, pooledEchoes),
                    echoes(directStream, echo, count, directEchoes)));
      }
      Series pooledSeries = pooledEchoes.micros(50);
      Series directSeries = directEchoes.micros(50);
      boolean directIsBetter = directSeries.median() < pooledSeries.median();
      BlockLatencies better = directIsBetter ? directEchoes : pooledEchoes;
      report
          .row(
              Row.compared(
                  "one in flight, p50", stored.micros(50), better.micros(50), Bar.ratioAtMost(1.5)))
          .row(
              Row.compared(
                  "one in flight, p99 of all", stored.microsOfAll(99), better.microsOfAll(99)))
          .row(Row.told("bare echo, calls on a pool, p50", pooledSeries))
          .row(Row.told("bare echo, calls on network threads, p50", directSeries));
    }

    private static Alternation.Side echoes(
        EchoStream stream, BytesValue message, int count, BlockLatencies latencies) {
      return round -> {
        for (int i = 0; i < count; i++) {
          latencies.add(round, stream.roundTrip(message));
        }
      };
    }

    void many(Report.Builder report, int pages) throws Exception {
      int count = lab.scale().pick(256 << 10, 64 << 10, 4 << 10) / pages;
      List<long[]> asked = new ArrayList<>();
      List<FetchRequest> messages = new ArrayList<>();
      PageChoice choice = new PageChoice(lab.options().seed());
      for (int i = 0; i < DISTINCT_REQUESTS; i++) {
        long[] chosen = choice.any(pages, imagePages);
        asked.add(chosen);
        messages.add(message(i, chosen));
      }
      SeriesRecorder stored = new SeriesRecorder("pages/s");
      SeriesRecorder pooledRate = new SeriesRecorder("pages/s");
      SeriesRecorder directRate = new SeriesRecorder("pages/s");
      Alternation.Side store =
          round -> {
            long nanos = StoreReads.fetch(fetcher, asked, count, IN_FLIGHT);
            stored.add(round, Rates.perSecond((long) count * pages, nanos));
          };
      lab.say("fetch: %d pages a request, %d requests in flight ...", pages, IN_FLIGHT);
      new Alternation(WARMUP_ROUNDS, rounds)
          .run(
              List.of(
                  store,
                  bare(pooled, messages, count, pages, pooledRate),
                  bare(direct, messages, count, pages, directRate)));
      Series better = Sizes.higher(pooledRate.series(), directRate.series());
      report.row(
          Row.compared(
              "%d pages a request, %d in flight".formatted(pages, IN_FLIGHT),
              stored.series(),
              better,
              Bar.ratioAtLeast(0.4),
              Bar.atLeast(200_000)));
    }

    private static Alternation.Side bare(
        BareClient client, List<FetchRequest> messages, int count, int pages, SeriesRecorder rate) {
      return round -> {
        long nanos = client.fetch(messages, count, IN_FLIGHT);
        rate.add(round, Rates.perSecond((long) count * pages, nanos));
      };
    }

    private static FetchRequest message(int id, long[] pages) {
      FetchRequest.Builder message = FetchRequest.newBuilder().setId(id);
      for (long page : pages) {
        message.addPage(page);
      }
      return message.build();
    }
  }
}
