package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.node.Draft;
import io.hydrant.node.ingest.BatchReader;
import io.hydrant.node.ingest.HeapBytes;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.ingest.StagedGroup;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Pages;
import io.hydrant.v1.SlimChunk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Three nodes with one log and one image; n1 leads. */
final class TestGroup implements AutoCloseable {
  static final int PAGES = 4_096;
  private static final int BATCH_PAGES = 256;

  final GroupLog log = new GroupLog();
  final Map<String, TestNode> nodes = new ConcurrentSkipListMap<>();
  final TestNode n1;
  final TestNode n2;
  final TestNode n3;
  final ImageId image;
  final Epoch epoch;
  final RegionTable regions =
      new RegionTable(
          List.of(
              new RegionSpec(
                  "ram", RegionKind.MEMORY, Draft.PAGE_BYTES, (long) PAGES * Draft.PAGE_BYTES)));

  TestGroup(Path directory) throws IOException {
    n1 = new TestNode("n1", directory.resolve("n1"), log, nodes);
    n2 = new TestNode("n2", directory.resolve("n2"), log, nodes);
    n3 = new TestNode("n3", directory.resolve("n3"), log, nodes);
    image = ((Outcome.ImageCreated) log.apply(new Command.CreateImage("vm", 16))).image();
    epoch =
        ((Outcome.Acquired)
                log.apply(
                    new Command.Acquire(image, Optional.empty(), new RequestId(new UUID(1, 1)))))
            .epoch();
  }

  TestGroup start(PeerPlaneConfig config) throws IOException {
    for (TestNode node : nodes.values()) {
      node.start(config);
    }
    n1.plane().leadershipChanged(true);
    return this;
  }

  /** Opens a full checkpoint; its pages are all given, or declared zero by {@link #finish}. */
  CheckpointKey open() throws IOException {
    Outcome outcome =
        log.apply(
            new Command.Open(
                image, epoch, CheckpointKind.FULL, Optional.empty(), Optional.of(regions)));
    return ((Outcome.Opened) outcome).key();
  }

  /** Opens a full checkpoint if there is none, else one on the newest. */
  CheckpointKey openNext() throws IOException {
    Optional<CheckpointId> head = n1.catalog().image(image).orElseThrow().head();
    return ((Outcome.Opened)
            log.apply(
                new Command.Open(
                    image,
                    epoch,
                    head.isEmpty() ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
                    head,
                    head.isEmpty() ? Optional.of(regions) : Optional.empty())))
        .key();
  }

  /** A checkpoint of some pages, the first one full, committed by whoever is there. */
  CheckpointKey write(long seed, long... pages) throws Exception {
    CheckpointKey key = openNext();
    Draft draft = new Draft(PAGES);
    StagedGroup staged = n1.plane().staging().staged(key, epoch);
    int from = 0;
    while (from < pages.length) {
      int to = from + 1;
      while (to < pages.length && to - from < BATCH_PAGES && pages[to] >> 11 == pages[from] >> 11) {
        to++;
      }
      batch(staged, draft.raw(seed, java.util.Arrays.copyOfRange(pages, from, to)));
      from = to;
    }
    SlimChunk slim = draft.slim(new byte[] {(byte) seed, 7});
    staged.slim(slim.getOffset(), slim.getChecksum(), slim.getData().asReadOnlyByteBuffer());
    Held held = staged.finish(claim(draft.commit())).get(30, TimeUnit.SECONDS);
    Outcome outcome = log.apply(new Command.Commit(key, epoch, held.content(), held.holders()));
    if (!(outcome instanceof Outcome.Committed)) {
      throw new AssertionError(key + ": " + outcome);
    }
    return key;
  }

  /** A checkpoint whose bytes only these nodes get; all get its entries. */
  CheckpointKey writeAt(List<TestNode> holders, long seed, long... pages) throws Exception {
    CheckpointKey key = openNext();
    Draft draft = new Draft(PAGES);
    List<Pages> batches = new ArrayList<>();
    for (long page : pages) {
      batches.add(draft.raw(seed, page));
    }
    if (key.checkpoint().value() == 1) {
      for (long tract = 0; tract < PAGES; tract += 2_048) {
        for (long page = tract + 128; page < tract + 2_048; page += 128) {
          batches.add(draft.zero(page, 128));
        }
      }
    }
    SlimChunk slim = draft.slim(new byte[] {(byte) seed, 7});
    Command.Content content = claim(draft.commit());
    for (TestNode holder : holders) {
      StagedCheckpoint staged = holder.store().staged(key, epoch);
      for (Pages pagesOf : batches) {
        BatchReader.Batch batch = BatchReader.read(regions, pagesOf);
        staged.patch(batch.region(), batch.tract(), batch.table(), batch.payload());
      }
      staged.slim(slim.getOffset(), slim.getChecksum(), slim.getData().asReadOnlyByteBuffer());
      staged.finish(content).get(30, TimeUnit.SECONDS);
    }
    List<String> names = holders.stream().map(TestNode::toString).toList();
    Outcome outcome = log.apply(new Command.Commit(key, epoch, content, names));
    if (!(outcome instanceof Outcome.Committed)) {
      throw new AssertionError(key + ": " + outcome);
    }
    return key;
  }

  /** Stages a batch as it comes from a protector. */
  void batch(StagedGroup staged, Pages pages) throws Exception {
    BatchReader.Batch batch = BatchReader.read(regions, pages);
    staged.patch(
        batch.region(),
        batch.tract(),
        batch.table(),
        batch.payload(),
        HeapBytes.of(pages.toByteString()));
  }

  static Command.Content claim(CommitCheckpoint commit) {
    return new Command.Content(
        Digest.of(commit.getDigest().toByteArray()),
        commit.getBatchCount(),
        commit.getPageCount(),
        0,
        commit.getSlimBytes());
  }

  /** Waits for something that happens in another thread; fails if it does not. */
  static void await(String what, BooleanSupplier happened) {
    long end = System.nanoTime() + 20_000_000_000L;
    while (!happened.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("did not happen: " + what);
      }
      Thread.onSpinWait();
      try {
        Thread.sleep(1);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Override
  public void close() throws IOException {
    for (TestNode node : nodes.values()) {
      node.close();
    }
  }
}
