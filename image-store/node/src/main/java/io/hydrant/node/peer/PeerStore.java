package io.hydrant.node.peer;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.FrozenCatalog;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Durability;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.repair.RepairSource;
import io.hydrant.engine.repair.RepairStep;
import io.hydrant.engine.replica.Frame;
import io.hydrant.engine.replica.InventoryView;
import io.hydrant.engine.replica.PeerLife;
import io.hydrant.engine.store.PageCopies;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/**
 * What the data plane needs of this replica's store; the duties are those of {@code ImageStore}.
 * Called by many threads.
 */
public interface PeerStore {
  Catalog catalog();

  /** Whether it is acknowledged with a majority or with all. */
  Durability durability(ImageId image);

  /** Refuses a checkpoint that this replica cannot take. */
  void admitOpen(Command.Open open) throws Refusal, IOException;

  /** Receives a checkpoint that is open here. */
  StagedCheckpoint staged(CheckpointKey key, Epoch epoch) throws Refusal;

  /**
   * Receives what the leader sends, perhaps before its Open is applied here, or after its Commit.
   *
   * @param asOpened what the applied Open says, by the leader's word
   * @throws Refusal if the id is final and its bytes are not awaited
   */
  StagedCheckpoint receive(CheckpointKey key, CheckpointInfo asOpened) throws Refusal, IOException;

  /**
   * A step of a checkpoint that was staged here, read back from the log, for a peer that fell
   * behind. Blocks on the disk.
   *
   * @return empty if it is not durable yet, or not here any more: once the id is final, the peer
   *     has to repair
   */
  Optional<Frame.Step> frame(CheckpointKey key, long sequence) throws IOException;

  /**
   * States in this life what is here of a checkpoint. Blocks on the disk.
   *
   * @throws Refusal if it is not here as claimed; BEHIND if that cannot be said before more entries
   *     are applied
   */
  CompletableFuture<Command.Content> stateAnew(
      CheckpointKey key, Epoch epoch, Command.Content claimed) throws Refusal, IOException;

  /** The catalog as of now, for a replica that lags. Does not wait for the disk. */
  FrozenCatalog frozenCatalog() throws IOException;

  /** What this replica gives to others. */
  RepairSource repairSource();

  /**
   * Repairs this replica.
   *
   * @param due of a checkpoint that is not wholly here, whether to repair it now
   */
  RepairStep repairStep(RepairStep.Surroundings surroundings, Predicate<CheckpointKey> due);

  /** What of versions that are bad somewhere is good here. */
  PageCopies copies();

  /** What this replica hashes of itself. */
  Digests digests();

  /**
   * Has what was repaired written to the index, if the hold mark rises by it; does not wait. On a
   * quiet group nothing else does.
   */
  void flushRepairs();

  /** What is here and what is lacking. */
  InventoryView inventory(PeerLife self);
}
