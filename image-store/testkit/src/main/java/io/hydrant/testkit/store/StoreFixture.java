package io.hydrant.testkit.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.codec.MalformedPageException;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStoreConfig;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedMedia;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.function.UnaryOperator;

/** A store with one image of one region, on simulated media, driven in one thread. */
public final class StoreFixture {
  public static final int PAGE_BYTES = 4 << 10;

  private static final long OWNERS = 7;

  private final SplittableRandom random = new SplittableRandom(1);
  private final SimulatedMedia media = new SimulatedMedia(random.split());
  private final SimulatedReplica replica;
  private final RegionTable regions;
  private final ImageId image;
  private Epoch epoch = Epoch.NONE;
  private UnaryOperator<StagedCheckpoint> before = UnaryOperator.identity();

  private StoreFixture(ImageStoreConfig config, RegionTable regions) throws IOException {
    this.regions = regions;
    this.replica = new SimulatedReplica(config, media, random.split(), random.split());
    replica.start();
    this.image = ((Outcome.ImageCreated) submit(new Command.CreateImage("vm", 16))).image();
    acquire();
  }

  /** One region "ram" of so many pages of 4 KiB. */
  public static StoreFixture withPages(long pages) throws IOException {
    return withPages(pages, SimulatedReplica.SMALL);
  }

  /** The same, of a store with other settings. */
  public static StoreFixture withPages(long pages, ImageStoreConfig config) throws IOException {
    return new StoreFixture(
        config,
        new RegionTable(
            List.of(new RegionSpec("ram", RegionKind.MEMORY, PAGE_BYTES, pages * PAGE_BYTES))));
  }

  public ImageStore store() {
    return replica.store();
  }

  public SimulatedReplica replica() {
    return replica;
  }

  public SimulatedMedia media() {
    return media;
  }

  public ImageId image() {
    return image;
  }

  public Epoch epoch() {
    return epoch;
  }

  public RegionSpec region() {
    return regions.get(0);
  }

  public Outcome submit(Command command) throws IOException {
    return replica.submit(command);
  }

  /** Takes the image over with a new owner. */
  public void acquire() throws IOException {
    RequestId owner = nextOwner();
    epoch =
        ((Outcome.Acquired) submit(new Command.Acquire(image, Optional.empty(), owner))).epoch();
  }

  /** The same, and goes on from a checkpoint. */
  public void acquireAt(CheckpointId checkpoint) throws IOException {
    RequestId owner = nextOwner();
    Command.Restore at = new Command.Restore.At(checkpoint);
    epoch =
        ((Outcome.Acquired) submit(new Command.Acquire(image, Optional.empty(), owner, at)))
            .epoch();
  }

  /** Of each take-over another one, the same wherever the log is the same. */
  private RequestId nextOwner() {
    return new RequestId(new UUID(OWNERS, store().applied().index()));
  }

  /** Writes on as the owner of another fixture, which has taken over there. */
  public void ownAs(StoreFixture other) {
    epoch = other.epoch;
  }

  /** Opens a full checkpoint. */
  public CheckpointScript full() throws IOException, Refusal {
    return open(CheckpointKind.FULL, Optional.empty(), Optional.of(regions));
  }

  /** Opens an incremental checkpoint on the head. */
  public CheckpointScript onHead() throws IOException, Refusal {
    return on(head());
  }

  /** Opens an incremental checkpoint on the head, or on one that is open. */
  public CheckpointScript on(CheckpointId base) throws IOException, Refusal {
    return open(CheckpointKind.INCREMENTAL, Optional.of(base), Optional.empty());
  }

  /** What is opened from now on is sent through something that stands before the store. */
  public void sendThrough(UnaryOperator<StagedCheckpoint> before) {
    this.before = before;
  }

  /** Opens a full checkpoint, of which this replica receives nothing yet. */
  public CheckpointKey openFull() throws IOException {
    return opened(
        submit(
            new Command.Open(
                image, epoch, CheckpointKind.FULL, Optional.empty(), Optional.of(regions))));
  }

  /** Opens an incremental checkpoint on the head, of which this replica receives nothing yet. */
  public CheckpointKey openOnHead() throws IOException {
    return opened(
        submit(
            new Command.Open(
                image, epoch, CheckpointKind.INCREMENTAL, Optional.of(head()), Optional.empty())));
  }

  /** What a leader says of a full checkpoint with this id. */
  public CheckpointInfo fullAs(long id) {
    return new CheckpointInfo(
        new CheckpointId(id),
        Optional.empty(),
        CheckpointKind.FULL,
        epoch,
        regions,
        Optional.empty());
  }

  /** What a leader says of an increment with this id. */
  public CheckpointInfo onHeadAs(long id) {
    return new CheckpointInfo(
        new CheckpointId(id),
        Optional.of(head()),
        CheckpointKind.INCREMENTAL,
        epoch,
        regions,
        Optional.empty());
  }

  /** Receives a checkpoint as a leader forwards it. */
  public CheckpointScript receive(CheckpointInfo asOpened) throws IOException, Refusal {
    CheckpointKey key = new CheckpointKey(image, asOpened.id());
    return new CheckpointScript(this, key, store().receive(key, asOpened));
  }

  private CheckpointId head() {
    return store().catalog().image(image).orElseThrow().head().orElseThrow();
  }

  private static CheckpointKey opened(Outcome outcome) {
    if (!(outcome instanceof Outcome.Opened(CheckpointKey key))) {
      throw new IllegalStateException("open refused: " + outcome);
    }
    return key;
  }

  private CheckpointScript open(
      CheckpointKind kind, Optional<CheckpointId> base, Optional<RegionTable> table)
      throws IOException, Refusal {
    CheckpointKey key = opened(submit(new Command.Open(image, epoch, kind, base, table)));
    return new CheckpointScript(this, key, before.apply(store().staged(key, epoch)));
  }

  /** What a new session on a checkpoint reads. */
  public ReadPoint read(CheckpointKey key) throws IOException, Refusal {
    Outcome outcome = submit(new Command.Pin(key.image(), Optional.of(key.checkpoint()), 60_000));
    if (!(outcome instanceof Outcome.Pinned pinned)) {
      throw new IllegalStateException("pin refused: " + outcome);
    }
    return store().readPoint(pinned.session());
  }

  /** What a session reads now, for instance after a restart. */
  public ReadPoint read(SessionId session) throws Refusal {
    return store().readPoint(session);
  }

  /** The content of a page of the region, as it is read. */
  public ByteBuffer page(ReadPoint point, long page)
      throws IOException, Refusal, MalformedPageException {
    ByteBuffer encoded = ByteBuffer.allocateDirect(PAGE_BYTES);
    store().pages().read(point, 0, new long[] {page}, encoded);
    encoded.flip();
    if (encoded.remaining() == PAGE_BYTES) {
      return encoded;
    }
    ByteBuffer content = ByteBuffer.allocate(PAGE_BYTES);
    new PageContents().decodeZstd(encoded, content);
    return content.flip();
  }

  /** Takes a snapshot and waits for it. */
  public void snapshot() {
    replica.await(store().snapshot());
  }

  public RegionTable regions() {
    return regions;
  }

  /** Runs what waits in the background. */
  public void runBackground() {
    while (replica.runOneBackgroundTask()) {
      // The tasks have no result.
    }
  }

  /** Closes the store in order, and starts again. */
  public void closeAndReopen() throws IOException {
    runBackground();
    store().close();
    replica.stop();
    media.recover(false);
    replica.start();
  }

  /** Cuts the power and starts again. */
  public void powerCut() throws IOException {
    replica.stop();
    media.recover(true);
    replica.start();
  }

  /** Retires every checkpoint but for those that must stay. */
  public void retireAll() throws Exception {
    submit(
        new Command.Retire(
            image(),
            List.copyOf(store().catalog().image(image()).orElseThrow().committed().keySet())));
  }
}
