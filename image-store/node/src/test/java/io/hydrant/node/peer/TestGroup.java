package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.node.Draft;
import io.hydrant.node.ingest.BatchReader;
import io.hydrant.node.ingest.HeapBytes;
import io.hydrant.node.ingest.StagedGroup;
import io.hydrant.v1.CommitCheckpoint;
import io.hydrant.v1.Pages;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.BooleanSupplier;

/** Three nodes with one log and one image; n1 leads. */
final class TestGroup implements AutoCloseable {
  static final int PAGES = 4_096;

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
