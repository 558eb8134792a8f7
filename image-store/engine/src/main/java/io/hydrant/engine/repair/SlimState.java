package io.hydrant.engine.repair;

import io.hydrant.engine.model.CheckpointKey;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * The slim state of a checkpoint.
 *
 * @param index log index that the source had applied
 * @param chunks in order
 */
public record SlimState(CheckpointKey asOf, long index, List<Chunk> chunks) {
  public SlimState {
    chunks = List.copyOf(chunks);
  }

  /**
   * @param offset of the first byte in the slim state
   * @param checksum as the protector made it
   * @param bytes from position to limit
   */
  public record Chunk(long offset, int checksum, ByteBuffer bytes) {}
}
