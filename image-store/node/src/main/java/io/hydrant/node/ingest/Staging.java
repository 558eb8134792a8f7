package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * What ingest needs of the image store, and of those of the other replicas; the duties on this
 * replica are those of {@code ImageStore}.
 */
public interface Staging {
  /** Of those who can always tell. */
  CompletableFuture<?> READY = CompletableFuture.completedFuture(true);

  /**
   * Completes when {@link #admitOpen} can say yes or no to a checkpoint of an image: at once,
   * unless something has to be found out first that takes longer than a call may. Never with a
   * failure.
   */
  CompletableFuture<?> readyToAdmit(ImageId image);

  /**
   * Refuses a checkpoint that this replica cannot take: nearly full, too large, on a damaged line,
   * or of an image that takes its quota.
   */
  void admitOpen(Command.Open open) throws Refusal, IOException;

  /** Receives an open checkpoint; goes on with the same records for the same key. */
  StagedGroup staged(CheckpointKey key, Epoch epoch) throws Refusal;

  /**
   * To be asked right before the commit is proposed: the voters may be others than when its holders
   * were enough, and what is proposed behind the barrier of a replacement must be held by a
   * majority of those that count now (PROTOCOL R17).
   *
   * @throws Refusal NO_MAJORITY: to be sent again
   */
  void requireHeld(ImageId image, Held held) throws Refusal;

  /**
   * Asks who holds an open checkpoint that no stream writes any more. Completes once it is known to
   * be durable with enough replicas. Fails as {@link StagedGroup#finish} does.
   *
   * @throws Refusal if it is not here as claimed: nothing can make it so any more
   */
  CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed)
      throws Refusal, IOException;
}
