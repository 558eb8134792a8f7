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
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.store.StoreProcess;
import io.hydrant.v1.WriteCheckpointRequest;
import java.util.List;

/**
 * Commit latency of checkpoints of random pages, one after the other, from the first call to the
 * acknowledgement; against the same bytes on a bare stream with one fdatasync and one answer.
 */
public final class Commit implements Scenario {
  private static final int WARMUP_BLOCKS = 2;
  private static final int POOL_PAGES = 64 << 10;

  /** Checkpoints of a block: few enough that blocks alternate within a second or so. */
  private static final int BLOCK = 20;

  @Override
  public String name() {
    return "commit-10m";
  }

  @Override
  public String purpose() {
    return "commit latency of a checkpoint of 2,560 random pages of a 1 GiB image";
  }

  @Override
  public Report run(Lab lab) throws Exception {
    long imageBytes = lab.scale().pick(1L << 30, 1L << 30, 64L << 20);
    int pages = lab.scale().pick(2_560, 2_560, 256);
    int blocks = lab.options().roundsOr(15, 2);
    PagePool pool = new PagePool(lab.options().seed(), POOL_PAGES);
    PageChoice choice = new PageChoice(lab.options().seed());
    long imagePages = imageBytes / PagePool.PAGE_BYTES;
    BlockLatencies stored = new BlockLatencies();
    BlockLatencies bared = new BlockLatencies();
    try (BareProcess bare = lab.startBare(Sizes.RECYCLED_BYTES, BareSettings.Executor.POOL);
        CheckpointStream bareStream = bare.client().checkpointStream();
        StoreProcess store = lab.startStore("data");
        StoreClient client = StoreClient.connect(store);
        StoreImage image = client.create("commit", imageBytes)) {
      image.writeFull(pool);
      Alternation.Side storeSide =
          round -> {
            for (int i = 0; i < BLOCK; i++) {
              PageSet set = PageSet.scattered(pool, choice, pages, imagePages);
              stored.add(round, image.writeIncremental(set));
            }
          };
      Alternation.Side bareSide =
          round -> {
            for (int i = 0; i < BLOCK; i++) {
              List<WriteCheckpointRequest> batches =
                  PageMessages.batches(PageSet.scattered(pool, choice, pages, imagePages));
              bared.add(round, bareStream.write(batches, PageMessages.commit(batches)));
            }
          };
      lab.say("%s: %d blocks of %d ...", name(), WARMUP_BLOCKS + blocks, BLOCK);
      new Alternation(WARMUP_BLOCKS, blocks).run(List.of(storeSide, bareSide));
    }
    return Report.builder()
        .row(
            Row.compared(
                "commit, p50",
                stored.millis(50),
                bared.millis(50),
                Bar.ratioAtMost(2),
                Bar.below(25)))
        .row(
            Row.compared(
                "commit, p99 of all",
                stored.millisOfAll(99),
                bared.millisOfAll(99),
                Bar.atMost(60)))
        .row(Row.compared("commit, longest", stored.millisOfAll(100), bared.millisOfAll(100)))
        .setting("image_bytes", imageBytes)
        .setting("pages_per_checkpoint", pages)
        .setting("checkpoints", blocks * BLOCK)
        .note("from the call that opens the checkpoint to its acknowledgement; nothing in flight")
        .build();
  }
}
