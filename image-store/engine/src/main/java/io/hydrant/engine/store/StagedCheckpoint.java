package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/**
 * The staged records of one open checkpoint on this replica. One caller at a time; every method
 * verifies before it appends, and a refusal leaves nothing behind.
 *
 * <p>{@link Refusal}: bad checksum, duplicate page, page beyond the region, disk full, id final
 * already. {@link IOException}: a fault; the replica must stop.
 */
public interface StagedCheckpoint {
  CheckpointKey key();

  /**
   * Stages a batch as the next patch.
   *
   * @param payload encoded pages in the table's order, from position to limit; not kept
   */
  void patch(int region, int tract, PageTable table, ByteBuffer payload)
      throws Refusal, IOException;

  /** Notes whole zero tracts; part of the manifest. */
  void zeroTracts(int region, long firstTract, long count) throws Refusal, IOException;

  /**
   * Stages the next chunk of the slim state.
   *
   * @param checksum CRC32C over "slim", offset (u64 LE) and the bytes
   */
  void slim(long offset, int checksum, ByteBuffer bytes) throws Refusal, IOException;

  /** Patches accepted so far. */
  int patches();

  /** Completes with the number of patches that are durable once at least {@code patches} are. */
  CompletableFuture<Integer> durable(int patches);

  /**
   * Ends the checkpoint: compares what the client says with what is here, appends the manifest, and
   * completes with this replica's own statement once everything is durable (PROTOCOL R7).
   *
   * @throws Refusal if counts or digest differ, or a full checkpoint does not account for every
   *     page
   */
  CompletableFuture<Command.Content> finish(Command.Content claimed) throws Refusal, IOException;
}
