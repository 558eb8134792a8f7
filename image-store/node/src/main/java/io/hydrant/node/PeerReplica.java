package io.hydrant.node;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.catalog.ImageState;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.repair.LocalRepairSource;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.engine.store.StagedFrame;
import io.hydrant.node.peer.Digests;
import io.hydrant.node.peer.PeerStore;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** The image store as the data plane uses it. */
final class PeerReplica implements PeerStore {
  private final ImageStore store;
  private final Stocktaking stocktaking;
  private final Digests digests;

  /**
   * @param digests what this replica does if it has drifted
   */
  PeerReplica(ImageStore store, Stocktaking stocktaking, Digests digests) {
    this.store = store;
    this.stocktaking = stocktaking;
    this.digests = digests;
  }

  @Override
  public Catalog catalog() {
    return store.catalog();
  }

  /** An image that is gone waits for nobody. */
  @Override
  public Durability durability(ImageId image) {
    return store.catalog().image(image).map(ImageState::durability).orElse(Durability.QUORUM);
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    store.admitOpen(open);
  }

  @Override
  public StagedCheckpoint staged(CheckpointKey key, Epoch epoch) throws Refusal {
    return store.staged(key, epoch);
  }

  @Override
  public StagedCheckpoint receive(CheckpointKey key, CheckpointInfo asOpened)
      throws Refusal, IOException {
    return store.receive(key, asOpened);
  }

  @Override
  public Optional<Frame.Step> frame(CheckpointKey key, long sequence) throws IOException {
    return store.frame(key, sequence).map(this::step);
  }

  private Frame.Step step(StagedFrame frame) {
    return switch (frame) {
      case StagedFrame.Opened opened ->
          new Frame.Step.Open(opened.checkpoint(), store.applied().index());
      case StagedFrame.Batch batch ->
          new Frame.Step.Batch(
              batch.region(), batch.tract(), batch.table(), batch.payload(), Optional.empty());
      case StagedFrame.ZeroTracts zero ->
          new Frame.Step.ZeroTracts(zero.region(), zero.firstTract(), zero.count());
      case StagedFrame.Slim slim ->
          new Frame.Step.Slim(slim.offset(), slim.checksum(), slim.bytes());
      case StagedFrame.Finished finished -> new Frame.Step.Finish(finished.content());
    };
  }

  /** A replica that lags asks its log first: what comes may be the Open. */
  @Override
  public CompletableFuture<Command.Content> stateAnew(
      CheckpointKey key, Epoch epoch, Command.Content claimed) throws Refusal, IOException {
    if (store.catalog().fate(key) == ImageState.Fate.UNKNOWN) {
      throw new Refusal(
          Rejection.BEHIND, key + ": this replica has not applied its open yet; ask again");
    }
    return store.staged(key, epoch).finish(claimed);
  }

  @Override
  public FrozenCatalog frozenCatalog() throws IOException {
    return store.frozenCatalog();
  }

  @Override
  public RepairSource repairSource() {
    return new LocalRepairSource("this node", store);
  }

  @Override
  public RepairStep repairStep(RepairStep.Surroundings surroundings, Predicate<CheckpointKey> due) {
    return new RepairStep(store, surroundings, due);
  }

  @Override
  public PageCopies copies() {
    return store.copies();
  }

  @Override
  public Digests digests() {
    return digests;
  }

  @Override
  public void flushRepairs() {
    store.flushRepairs();
  }

  @Override
  public InventoryView inventory(PeerLife self) {
    return stocktaking.inventory(self);
  }
}
