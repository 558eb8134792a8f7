package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.fanout.FanOutGroup;
import io.hydrant.bench.fanout.FanOutStream;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.BlockLatencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.measure.Series;
import io.hydrant.bench.store.SteadyStream;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreGroup;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;

/**
 * Commit latency of one-page checkpoints in a group of three, in a steady stream, beside a bare
 * fan-out of the same messages to three files.
 */
public final class Commit3One implements Scenario {
  private static final int WARMUP_BLOCKS = 5;
  private static final int POOL_PAGES = 4_096;
  private static final long IMAGE_BYTES = 64L << 20;

  @Override
  public String name() {
    return "commit3-one";
  }

  @Override
  public String purpose() {
    return "commit latency of one-page checkpoints in a steady stream, three processes";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int block = lab.scale().pick(500, 500, 20);
    int blocks = lab.options().roundsOr(10, 2);
    int warmup = lab.scale().pick(WARMUP_BLOCKS, WARMUP_BLOCKS, 1);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    PageChoice choice = new PageChoice(lab.options().seed());
    BlockLatencies latencies = new BlockLatencies();
    BlockLatencies bared = new BlockLatencies();
    try (FanOutGroup bare =
            FanOutGroup.start(
                lab.jvm(),
                List.of("-Xmx" + lab.options().heap()),
                lab.directory(),
                Sizes.RECYCLED_BYTES);
        FanOutStream bareStream = bare.stream();
        StoreGroup group = lab.startGroup("data", List.of());
        StoreClient client = StoreClient.connect(group);
        StoreImage image = client.create("commit3-one", IMAGE_BYTES)) {
      image.writeFull(pool);
      Alternation.Side store =
          round -> {
            try (SteadyStream stream = new SteadyStream(image)) {
              for (int i = 0; i < block; i++) {
                latencies.add(round, stream.commit(onePage(pool, choice, image)));
              }
            }
          };
      Alternation.Side fanOut =
          round -> {
            for (int i = 0; i < block; i++) {
              List<WriteCheckpointRequest> batches =
                  PageMessages.batches(onePage(pool, choice, image));
              bared.add(round, bareStream.write(batches, batches.size()));
            }
          };
      lab.say("%s: %d blocks of %d ...", name(), warmup + blocks, block);
      long term = group.term();
      new Alternation(warmup, blocks).run(List.of(store, fanOut));
      return report(latencies, bared)
          .row(Row.told("elections of the store's group", Series.single("", group.term() - term)))
          .setting("checkpoints", block * blocks)
          .note("opened while the one before commits, timed from its page on to its answer")
          .note("against: the same page to three files, each synced; a majority answers")
          .build();
    }
  }

  private static Report.Builder report(BlockLatencies store, BlockLatencies bare) {
    Report.Builder report =
        Report.builder()
            .row(
                Row.compared(
                    "one page, steady, p50", store.millis(50), bare.millis(50), Bar.atMost(4)));
    for (double percent : new double[] {90, 99, 99.9}) {
      report.row(
          Row.compared(
              "one page, steady, p%s of all".formatted(trimmed(percent)),
              store.millisOfAll(percent),
              bare.millisOfAll(percent)));
    }
    return report.row(
        Row.compared(
            "one page, steady, slowest of all", store.millisOfAll(100), bare.millisOfAll(100)));
  }

  private static String trimmed(double percent) {
    return percent == Math.rint(percent) ? Long.toString((long) percent) : Double.toString(percent);
  }

  private static PageSet onePage(PagePool pool, PageChoice choice, StoreImage image) {
    return PageSet.scattered(pool, choice, 1, image.pages());
  }
}
