package io.hydrant.engine.replica;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * What travels from the leader to the other replicas: one step of one checkpoint, in the order in
 * which the leader took it.
 *
 * @param sequence 0 is the open; ascending without gaps within a checkpoint
 */
public record Frame(CheckpointKey key, long sequence, Step step) {
  public Frame {
    if (sequence < 0 || (sequence == 0) != (step instanceof Step.Open)) {
      throw new IllegalArgumentException(
          "%s: frame %d is no place for %s"
              .formatted(key, sequence, step.getClass().getSimpleName()));
    }
  }

  /**
   * Buffers are from position to limit, belong to nobody who changes them, and are duplicated by
   * whoever reads.
   */
  public sealed interface Step {
    /**
     * What the applied Open says, so that a replica can take frames before it has applied it.
     *
     * @param openIndex log index of the Open
     */
    record Open(CheckpointInfo checkpoint, long openIndex) implements Step {}

    /**
     * A batch, the next patch.
     *
     * @param payload encoded pages in the table's order
     * @param asSent the message as the protector sent it, to be sent on unchanged; empty if it was
     *     read back from the log
     */
    record Batch(
        int region, int tract, PageTable table, ByteBuffer payload, Optional<ByteBuffer> asSent)
        implements Step {}

    record ZeroTracts(int region, long firstTract, long count) implements Step {}

    /**
     * The next chunk of the slim state.
     *
     * @param checksum as the protector made it
     */
    record Slim(long offset, int checksum, ByteBuffer bytes) implements Step {}

    /** The end, with what the protector claims: the replica compares with its own (PROTOCOL R7). */
    record Finish(Command.Content claimed) implements Step {}
  }
}
