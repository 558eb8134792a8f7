package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.PageTable;
import java.nio.ByteBuffer;

/**
 * One step of a staged checkpoint as it was taken, read back for a replica that missed it (PROTOCOL
 * R8). Buffers are from position to limit and belong to the caller.
 */
public sealed interface StagedFrame {
  /** Step 0: what the receiver was begun with. */
  record Opened(CheckpointInfo checkpoint) implements StagedFrame {}

  /**
   * A batch.
   *
   * @param payload encoded pages in the table's order
   */
  record Batch(int region, int tract, PageTable table, ByteBuffer payload) implements StagedFrame {}

  record ZeroTracts(int region, long firstTract, long count) implements StagedFrame {}

  /**
   * A chunk of the slim state.
   *
   * @param checksum as the protector made it
   */
  record Slim(long offset, int checksum, ByteBuffer bytes) implements StagedFrame {}

  /** The last step. */
  record Finished(Command.Content content) implements StagedFrame {}
}
