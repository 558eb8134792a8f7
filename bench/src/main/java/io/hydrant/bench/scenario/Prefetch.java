package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareClient;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.calibrate.Rates;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.measure.SeriesRecorder;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.bench.store.StoreReads;
import io.hydrant.client.RestoreSession;
import java.util.List;

/** A whole image as one stream, checked by the client, against a bare stream of 1 MiB messages. */
public final class Prefetch implements Scenario {
  private static final int WARMUP_ROUNDS = 2;
  private static final int POOL_PAGES = 64 << 10;

  @Override
  public String name() {
    return "prefetch";
  }

  @Override
  public String purpose() {
    return "a 1 GiB image as one stream, checked by the client";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 1L << 30, 64L << 20);
    int rounds = lab.options().roundsOr(7, 1);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    SeriesRecorder stored = new SeriesRecorder("MB/s");
    SeriesRecorder pooledRate = new SeriesRecorder("MB/s");
    SeriesRecorder directRate = new SeriesRecorder("MB/s");
    try (BareProcess pooled = lab.startBare(Sizes.UNUSED_FILE_BYTES, BareSettings.Executor.POOL);
        BareProcess direct = lab.startBare(Sizes.UNUSED_FILE_BYTES, BareSettings.Executor.DIRECT);
        StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store);
        StoreImage image = client.create("prefetch", imageBytes)) {
      image.writeFull(pool);
      try (RestoreSession session = image.openRestore()) {
        lab.say("%s: %d rounds ...", name(), WARMUP_ROUNDS + rounds);
        Alternation.Side storeSide =
            round -> {
              long nanos = StoreReads.prefetch(session, image.range());
              stored.add(round, Rates.megabytesPerSecond(imageBytes, nanos));
            };
        new Alternation(WARMUP_ROUNDS, rounds)
            .run(
                List.of(
                    storeSide,
                    bare(pooled.client(), imageBytes, pooledRate),
                    bare(direct.client(), imageBytes, directRate)));
      }
    }
    Series better = Sizes.higher(pooledRate.series(), directRate.series());
    return Report.builder()
        .row(Row.compared("prefetch", stored.series(), better, Bar.ratioAtLeast(0.6)))
        .row(Row.told("bare stream, calls on a pool", pooledRate.series()))
        .row(Row.told("bare stream, calls on network threads", directRate.series()))
        .setting("image_bytes", imageBytes)
        .setting("rounds", rounds)
        .note("one stream; every page is checked by the client library, a bare one is not")
        .build();
  }

  private static Alternation.Side bare(BareClient client, long bytes, SeriesRecorder rate) {
    return round -> {
      long nanos = client.stream(bytes / PagePool.PAGE_BYTES);
      rate.add(round, Rates.megabytesPerSecond(bytes, nanos));
    };
  }
}
