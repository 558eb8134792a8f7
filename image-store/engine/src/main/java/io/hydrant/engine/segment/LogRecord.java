package io.hydrant.engine.segment;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;

/**
 * What a record says of itself, without its payload. The same for one that is about to be appended
 * and for one that was read back.
 */
public sealed interface LogRecord {
  CheckpointKey key();

  Epoch epoch();

  int payloadBytes();

  RecordKind kind();

  /**
   * Changed pages of one tract; the payload is the encoded pages one after the other.
   *
   * @param number place of the patch in its checkpoint, from 0
   * @param pageBytes page size of the region
   */
  record Patch(
      CheckpointKey key,
      Epoch epoch,
      int number,
      int region,
      int tract,
      int pageBytes,
      PageTable table)
      implements LogRecord {
    @Override
    public int payloadBytes() {
      return table.payloadBytes();
    }

    @Override
    public RecordKind kind() {
      return RecordKind.PATCH;
    }
  }

  /**
   * A chunk of the slim state; the payload is its bytes.
   *
   * @param number place of the chunk, from 0
   * @param offset of its first byte in the slim state
   * @param checksum as the protector made it: CRC32C over "slim", offset (u64 LE), bytes
   */
  record Slim(
      CheckpointKey key, Epoch epoch, int number, long offset, int checksum, int payloadBytes)
      implements LogRecord {
    @Override
    public RecordKind kind() {
      return RecordKind.SLIM;
    }
  }

  /**
   * Pages of one tract that were brought here after their checkpoints had committed: by a repair.
   * It belongs to no staged checkpoint, and recovery passes it over: only page maps point to it.
   * The payload is the encoded pages one after the other.
   *
   * @param key the checkpoint as of which they were asked for
   * @param pageBytes page size of the region
   * @param rows each with the checkpoint that wrote the page
   */
  record Moved(CheckpointKey key, int region, int tract, int pageBytes, TractRows rows)
      implements LogRecord {
    public Moved {
      if (rows.zeroVersion() != 0) {
        throw new IllegalArgumentException("a declaration has no bytes to be moved");
      }
    }

    @Override
    public Epoch epoch() {
      return Epoch.NONE;
    }

    @Override
    public int payloadBytes() {
      return rows.dataBytes();
    }

    @Override
    public RecordKind kind() {
      return RecordKind.MOVED;
    }
  }

  /**
   * A chunk of a slim state that was brought here in the same way.
   *
   * @param number place of the chunk, from 0
   * @param offset of its first byte in the slim state
   * @param checksum as the protector made it
   */
  record MovedSlim(CheckpointKey key, int number, long offset, int checksum, int payloadBytes)
      implements LogRecord {
    @Override
    public Epoch epoch() {
      return Epoch.NONE;
    }

    @Override
    public RecordKind kind() {
      return RecordKind.MOVED_SLIM;
    }
  }

  /**
   * A part of the manifest; the payload is opaque to the log (format: engine.store.Manifest).
   *
   * @param number place of the part, from 0: the manifest of a very large checkpoint has several
   */
  record Manifest(CheckpointKey key, Epoch epoch, int number, int payloadBytes)
      implements LogRecord {
    @Override
    public RecordKind kind() {
      return RecordKind.MANIFEST;
    }
  }
}
