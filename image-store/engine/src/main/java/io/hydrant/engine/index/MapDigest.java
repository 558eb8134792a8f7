package io.hydrant.engine.index;

import io.hydrant.engine.model.DamagedPages;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.TractKey;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Hash of all page maps of one image: equal on replicas that hold the same pages, whatever their
 * segments look like (PROTOCOL R24). What is hashed, numbers little-endian:
 *
 * <pre>
 * for every tract of which anything is needed, ascending:
 *   region i32 | tract i32 | declarations of zero i32, each: checkpoint i64 | of each row:
 *     word 0 of the row i64 (page, checkpoint) | what u8 (content, zero, not kept) | checksum i32
 *   end i64 -1
 * </pre>
 *
 * Only what retained lines need is in it, which is the same for all; what else a map still has
 * depends on when it was merged last. Neither addresses nor how a page is encoded are in it. Used
 * once, by one thread.
 */
public final class MapDigest {
  private static final int ROW_BYTES = 8 + 1 + 4;
  private static final int BUFFER_BYTES = ROW_BYTES * 4_096;

  private static final long END = -1;

  private static final byte CONTENT = 1;
  private static final byte ZERO = 2;
  private static final byte NOT_KEPT = 3;

  private final ImageId image;
  private final Retained retained;
  private final DamagedPages damaged;
  private final MessageDigest sha;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /**
   * @param retained lines of all retained checkpoints of the image
   * @param damaged versions that one replica may have, with bad bytes, and another not
   */
  public MapDigest(ImageId image, Retained retained, DamagedPages damaged) {
    this.image = image;
    this.retained = retained;
    this.damaged = damaged;
    try {
      this.sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The next map, in the order of tracts. */
  public void add(TractKey key, TractMap map) {
    ImageUsage usage = new ImageUsage(image, new SegmentCounts()); // pruning counts what it drops
    map.countInto(usage);
    TractMap needed = map.prune(retained, usage);
    if (needed.isEmpty()) {
      return;
    }
    room(3 * Integer.BYTES);
    buffer.putInt(key.region()).putInt(key.tract()).putInt(needed.zeroSize());
    for (int i = 0; i < needed.zeroSize(); i++) {
      room(Long.BYTES);
      buffer.putLong(needed.zeroCheckpoint(i));
    }
    long[] words = needed.words();
    for (int row = 0; row < needed.size(); row++) {
      if (damaged.has(key.region(), key.tract(), needed.pageInTract(row), needed.checkpoint(row))) {
        continue;
      }
      room(ROW_BYTES);
      buffer.putLong(words[row * TractMap.ROW_WORDS]);
      buffer.put(what(PageEncoding.ofCode(needed.encodingCode(row))));
      buffer.putInt(needed.checksum(row));
    }
    room(Long.BYTES);
    buffer.putLong(END); // no row begins so: its checkpoint would be 0
  }

  private static byte what(PageEncoding encoding) {
    return switch (encoding) {
      case RAW, ZSTD -> CONTENT;
      case ZERO -> ZERO;
      case NOT_KEPT -> NOT_KEPT;
    };
  }

  private void room(int bytes) {
    if (buffer.remaining() < bytes) {
      flush();
    }
  }

  private void flush() {
    sha.update(buffer.flip());
    buffer.clear();
  }

  public Digest finish() {
    flush();
    return Digest.of(sha.digest());
  }
}
