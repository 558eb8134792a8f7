package io.hydrant.engine.store;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** Reads the slim state of a pinned checkpoint. */
public interface SlimReader {
  /** The chunks, in order. */
  List<Chunk> chunks(ReadPoint point) throws Refusal, IOException;

  /** The bytes of a chunk, verified. */
  ByteBuffer read(ReadPoint point, Chunk chunk) throws Refusal, IOException;

  /**
   * @param offset of the first byte in the slim state
   * @param checksum as the protector made it
   * @param address packed address of the first byte: local, never leaves the replica
   */
  record Chunk(long offset, int length, int checksum, long address) {}
}
