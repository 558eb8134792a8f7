package io.hydrant.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.codecs.ZstdPageCodec;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.files.JdkStoreFiles;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.replica.DigestReport;
import io.hydrant.engine.replica.DriftCheck;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.replica.RepairProgress;
import io.hydrant.engine.segment.SegmentLogConfig;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.engine.store.Refusal;
import io.hydrant.node.peer.Digests;
import io.hydrant.testkit.index.MemoryPageIndex;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A replica that applies a commit whose bytes never came. */
final class PeerReplicaTest {
  private static final Command.Content CONTENT =
      new Command.Content(Digest.of(new byte[Digest.BYTES]), 1, 1, 3_000, 0);
  private static final RegionTable REGIONS =
      new RegionTable(List.of(new RegionSpec("ram", RegionKind.MEMORY, 4096, 16 << 20)));
  private static final PeerLife SELF = new PeerLife("n1", 1);

  private final ZstdPageCodec codec = new ZstdPageCodec();

  @TempDir private Path directory;
  private ImageStore store;
  private PeerReplica replica;
  private long index;

  @BeforeEach
  void open() throws Exception {
    store =
        ImageStore.open(
            new ImageStoreConfig(
                new StoreIdentity(new UUID(1, 1), new UUID(2, 2), new UUID(3, 3)),
                new SegmentLogConfig(8 << 20, 3 << 20, 0, 3),
                ImageStoreConfig.HeapBounds.of(64 << 20, 64 << 20),
                new ImageStoreConfig.SnapshotBounds(64 << 20, 64 << 20, 1_000)),
            new ImageStorePorts(
                new JdkStoreFiles(Files.createDirectories(directory.resolve("segments")), false),
                new JdkStoreFiles(Files.createDirectories(directory.resolve("catalogs")), false),
                new MemoryPageIndex(),
                codec,
                new SplittableRandom(1),
                Runnable::run,
                Runnable::run,
                Runnable::run,
                () -> false,
                event -> {}));
    replica =
        new PeerReplica(
            store,
            new Stocktaking(store, new FillLevel(store, 10), () -> RepairProgress.NONE),
            new Agreeing());
  }

  @AfterEach
  void close() throws Exception {
    store.close();
    codec.close();
  }

  private Outcome apply(Command command) throws Exception {
    index++;
    return store.apply(
        new EntryPosition(1, index), new Entry(index, RequestId.NONE, RequestId.NONE, command));
  }

  private CheckpointKey commitElsewhere() throws Exception {
    ImageId image = ((Outcome.ImageCreated) apply(new Command.CreateImage("vm", 10))).image();
    Epoch epoch =
        ((Outcome.Acquired)
                apply(new Command.Acquire(image, Optional.empty(), new RequestId(new UUID(1, 1)))))
            .epoch();
    CheckpointKey key =
        ((Outcome.Opened)
                apply(
                    new Command.Open(
                        image, epoch, CheckpointKind.FULL, Optional.empty(), Optional.of(REGIONS))))
            .key();
    assertTrue(
        apply(new Command.Commit(key, epoch, CONTENT, List.of("n2", "n3")))
            instanceof Outcome.Committed);
    return key;
  }

  @Test
  void saysWhatItLacks() throws Exception {
    CheckpointKey key = commitElsewhere();
    InventoryView view = replica.inventory(SELF);
    assertEquals(index, view.applied());
    assertEquals(index - 1, view.holdMark());
    assertFalse(view.lacking().isWhole(key.image(), key.checkpoint()));
    assertEquals(3_000, view.lacking().bytes());
    assertEquals(2, view.lacking().tracts());
    assertTrue(view.space().freeBytes() > 0);
    assertFalse(view.space().nearlyFull());
  }

  @Test
  void statesNothingOfWhatItHasNotApplied() throws Exception {
    CheckpointKey key = commitElsewhere();
    CheckpointKey next = new CheckpointKey(key.image(), new CheckpointId(2));
    CheckpointKey ofAnother = new CheckpointKey(new ImageId(77), new CheckpointId(1));
    for (CheckpointKey unknown : List.of(next, ofAnother)) {
      Refusal refusal =
          assertThrows(Refusal.class, () -> replica.stateAnew(unknown, new Epoch(1), CONTENT));
      assertEquals(Rejection.BEHIND, refusal.rejection());
    }
    assertEquals(
        Rejection.ABORTED,
        assertThrows(Refusal.class, () -> replica.stateAnew(key, new Epoch(1), CONTENT))
            .rejection());
  }

  /** Never drifts. */
  private static final class Agreeing implements Digests {
    @Override
    public Optional<DigestReport> last() {
      return Optional.empty();
    }

    @Override
    public void drifted(DriftCheck.Drift own, long index) {}
  }
}
