package io.hydrant.engine.store;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.store.SlimReader.Chunk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where the slim state of each retained checkpoint lies: like the page maps, changed in memory by
 * the one writer and written with the next snapshot. An empty value marks a row that is to be
 * deleted.
 */
final class SlimRows {
  private static final int CHUNK_BYTES = 24;
  private static final int VERSION = 1;

  private final PageIndex index;
  private volatile ConcurrentHashMap<CheckpointKey, Optional<List<Chunk>>> dirty =
      new ConcurrentHashMap<>();
  private volatile Map<CheckpointKey, Optional<List<Chunk>>> flushing = Map.of();
  private List<ImageId> dropped = new ArrayList<>();

  SlimRows(PageIndex index) {
    this.index = index;
  }

  /** Within a change of the {@link StoreWriter}. */
  void put(CheckpointKey key, List<Chunk> chunks) {
    dirty.put(key, Optional.of(List.copyOf(chunks)));
  }

  /** Within a change of the {@link StoreWriter}. */
  void remove(CheckpointKey key) {
    dirty.put(key, Optional.empty());
  }

  /**
   * Within a change; the rows in the index go by prefix. Uids are never used again, so order does
   * not matter.
   */
  void dropImage(ImageId image) {
    dirty.keySet().removeIf(key -> key.image().equals(image));
    dropped.add(image);
  }

  /** Any thread; empty if there is no row. */
  Optional<List<Chunk>> get(CheckpointKey key) throws IOException {
    Optional<List<Chunk>> changed = dirty.get(key);
    if (changed == null) {
      changed = flushing.get(key);
    }
    if (changed != null) {
      return changed;
    }
    byte[] row = index.get(IndexKeys.slim(key));
    return row == null ? Optional.empty() : Optional.of(decode(key, row));
  }

  /**
   * Sets the changes aside for a flush; within a change. A flush that failed is fatal, or is tried
   * again itself, so none is pending.
   */
  Frozen freeze() {
    Frozen frozen = new Frozen(dirty, List.copyOf(dropped));
    // Readers look at the newer map first: what moves to `flushing` must be there before it leaves
    // `dirty`.
    flushing = frozen.rows();
    dirty = new ConcurrentHashMap<>();
    dropped = new ArrayList<>();
    return frozen;
  }

  /** The frozen changes are durable. */
  void flushed() {
    flushing = Map.of();
  }

  /** Changes set aside for a flush. */
  record Frozen(Map<CheckpointKey, Optional<List<Chunk>>> rows, List<ImageId> dropped) {
    List<PageIndex.Change> changes() {
      List<PageIndex.Change> changes = new ArrayList<>(rows.size() + dropped.size());
      rows.forEach((key, chunks) ->
          changes.add(
              chunks.isPresent()
                  ? new PageIndex.Change.Put(IndexKeys.slim(key), encode(chunks.get()))
                  : new PageIndex.Change.Delete(IndexKeys.slim(key))));
      dropped.forEach(
          image -> changes.add(new PageIndex.Change.DeletePrefix(IndexKeys.slimsOf(image))));
      return changes;
    }
  }

  private static byte[] encode(List<Chunk> chunks) {
    ByteBuffer row =
        ByteBuffer.allocate(1 + chunks.size() * CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    row.put((byte) VERSION);
    for (Chunk chunk : chunks) {
      row.putLong(chunk.offset()).putLong(chunk.address());
      row.putInt(chunk.length()).putInt(chunk.checksum());
    }
    return row.array();
  }

  static List<Chunk> decode(CheckpointKey key, byte[] bytes) throws IOException {
    ByteBuffer row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < 1 || row.get() != VERSION || row.remaining() % CHUNK_BYTES != 0) {
      throw new CorruptionException(
          "index row of slim state, " + key, 0, "a list of chunks", bytes.length + " bytes");
    }
    List<Chunk> chunks = new ArrayList<>(row.remaining() / CHUNK_BYTES);
    while (row.hasRemaining()) {
      long offset = row.getLong();
      long address = row.getLong();
      chunks.add(new Chunk(offset, row.getInt(), row.getInt(), address));
    }
    return chunks;
  }
}
