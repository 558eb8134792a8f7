package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStoreConfig.HeapBounds;
import io.hydrant.engine.store.ImageStoreConfig.SnapshotBounds;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** What publishing a checkpoint reads back from the device. */
class PublishReadsTest {
  private static final int PAGES = 2_048;
  private static final int PATCHES = 128;

  private static StoreFixture fixture(long recentBytes) throws Exception {
    return StoreFixture.withPages(
        PAGES,
        new ImageStoreConfig(
            SimulatedReplica.SMALL.identity(),
            new SegmentLogConfig(128 << 10, 16 << 10, 0, 3),
            new HeapBounds(1 << 20, recentBytes, Long.MAX_VALUE),
            new SnapshotBounds(64 << 20, 64 << 20, 1_000)));
  }

  /** Commits a full checkpoint of many patches; the result is how often its commit read. */
  private static long readsOfCommit(StoreFixture fixture) throws Exception {
    int pages = PAGES / PATCHES;
    CheckpointScript script = fixture.full();
    for (int first = 0; first < PAGES; first += pages) {
      script.raw(1_000, first, first).zero(first + 1, first + pages - 1);
    }
    long before = fixture.media().disk().counters().reads();
    CheckpointKey key = script.commit();
    long reads = fixture.media().disk().counters().reads() - before;
    for (int first = 0; first < PAGES; first += pages) {
      ByteBuffer target = ByteBuffer.allocateDirect(StoreFixture.PAGE_BYTES);
      fixture.store().pages().read(fixture.read(key), 0, new long[] {first}, target);
      assertEquals(
          PageContents.page(1_000 + first, StoreFixture.PAGE_BYTES),
          target.flip(),
          "page " + first);
    }
    return reads;
  }

  @Test
  void whatCameLatelyIsPublishedFromMemory() throws Exception {
    assertEquals(0, readsOfCommit(fixture(1 << 18)));
  }

  @Test
  void whatIsMoreThanMemoryHoldsIsReadBack() throws Exception {
    long reads = readsOfCommit(fixture(1 << 14));
    assertTrue(reads > PATCHES, "reads: " + reads);
  }
}
