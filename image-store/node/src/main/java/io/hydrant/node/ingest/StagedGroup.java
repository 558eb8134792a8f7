package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.store.Refusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * One open checkpoint on its way to all replicas of the group. Takes what {@link
 * io.hydrant.engine.store.StagedCheckpoint} takes, with the same duties, exceptions and order; what
 * that says of this replica, this says of the group.
 */
public interface StagedGroup {
  CheckpointKey key();

  /**
   * Stages a batch as the next patch.
   *
   * @param payload encoded pages in the table's order, from position to limit
   * @param asSent the protector's own message of this batch, to be sent on unchanged; it and the
   *     payload in it are kept for a while, and must not be changed
   */
  void patch(int region, int tract, PageTable table, ByteBuffer payload, ByteBuffer asSent)
      throws Refusal, IOException;

  void zeroTracts(int region, long firstTract, long count) throws Refusal, IOException;

  /**
   * Stages the next chunk of the slim state.
   *
   * @param checksum as the protector made it
   */
  void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal, IOException;

  /** Patches accepted so far. */
  int patches();

  /** Completes with the number of patches that are durable once at least {@code patches} are. */
  CompletableFuture<Integer> durable(int patches);

  /** Whether more is welcome: not while too much waits for a majority (PROTOCOL R8). */
  boolean isOpenForMore();

  /** Runs the action once, on any thread, when more is welcome again; at once if it is now. */
  void onOpenForMore(Runnable action);

  /**
   * Ends the checkpoint; completes once every byte of it is durable with enough replicas.
   *
   * <p>Fails with {@link Refusal} if there are not enough replicas for it, with {@link
   * io.hydrant.node.api.ApiException} (NO_LEADER) if this one does not lead any more, and with
   * {@link IOException} for a fault.
   *
   * @throws Refusal if counts or digest differ from what is here, or a full checkpoint does not
   *     account for every page
   */
  CompletableFuture<Held> finish(Command.Content claimed) throws Refusal, IOException;
}
