package io.hydrant.bench.scenario;

import io.hydrant.bench.Lab;
import io.hydrant.bench.Scenario;
import io.hydrant.bench.bare.BareProcess;
import io.hydrant.bench.bare.BareSettings;
import io.hydrant.bench.bare.CheckpointStream;
import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.measure.Alternation;
import io.hydrant.bench.measure.Bar;
import io.hydrant.bench.measure.BlockLatencies;
import io.hydrant.bench.measure.Report;
import io.hydrant.bench.measure.Row;
import io.hydrant.bench.store.SteadyStream;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;

/**
 * Commit latency of one-page checkpoints. Steady: the next checkpoint is opened as soon as the
 * commit of the last one was sent, as a protector with a fixed interval does; its latency begins
 * with its page. Single: every checkpoint is opened only after the last one was acknowledged; its
 * latency begins with the opening.
 */
public final class CommitOne implements Scenario {
  private static final int WARMUP_BLOCKS = 2;
  private static final int POOL_PAGES = 4_096;
  private static final long IMAGE_BYTES = 64L << 20;

  @Override
  public String name() {
    return "commit-one";
  }

  @Override
  public String purpose() {
    return "commit latency of one-page checkpoints in a steady stream";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    int block = lab.scale().pick(200, 200, 20);
    int blocks = lab.options().roundsOr(10, 2);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    PageChoice choice = new PageChoice(lab.options().seed());
    BlockLatencies bared = new BlockLatencies();
    BlockLatencies single = new BlockLatencies();
    try (BareProcess bare = lab.startBare(Sizes.RECYCLED_BYTES, BareSettings.Executor.POOL);
        CheckpointStream bareStream = bare.client().checkpointStream();
        StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store);
        StoreImage image = client.create("commit-one", IMAGE_BYTES)) {
      image.writeFull(pool);
      BlockLatencies steadied = new BlockLatencies();
      Alternation.Side steady =
          round -> {
            try (SteadyStream stream = new SteadyStream(image)) {
              for (int i = 0; i < block; i++) {
                steadied.add(round, stream.commit(onePage(pool, choice, image)));
              }
            }
          };
      Alternation.Side singles =
          round -> {
            for (int i = 0; i < block; i++) {
              single.add(round, image.writeIncremental(onePage(pool, choice, image)));
            }
          };
      Alternation.Side bareSide =
          round -> {
            for (int i = 0; i < block; i++) {
              List<WriteCheckpointRequest> batches =
                  PageMessages.batches(onePage(pool, choice, image));
              bared.add(round, bareStream.write(batches, PageMessages.commit(batches)));
            }
          };
      lab.say("%s: %d blocks of %d ...", name(), WARMUP_BLOCKS + blocks, block);
      new Alternation(WARMUP_BLOCKS, blocks).run(List.of(steady, bareSide, singles));
      return Report.builder()
          .row(
              Row.compared(
                  "one page, steady, p50", steadied.millis(50), bared.millis(50), Bar.atMost(3)))
          .row(
              Row.compared(
                  "one page, steady, p99 of all", steadied.millisOfAll(99), bared.millisOfAll(99)))
          .row(Row.compared("one page, single, p50", single.millis(50), bared.millis(50)))
          .row(
              Row.compared(
                  "one page, single, p99 of all", single.millisOfAll(99), bared.millisOfAll(99)))
          .setting("checkpoints", block * blocks)
          .note("steady: opened while the one before commits, timed from its page on")
          .note("single: opened after the one before was acknowledged, timed from the opening on")
          .build();
    }
  }

  private static PageSet onePage(PagePool pool, PageChoice choice, StoreImage image) {
    return PageSet.scattered(pool, choice, 1, image.pages());
  }
}
