package io.hydrant.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Running digest of a checkpoint, as the protector computes it (docs/formats/digest.md; the
 * replicas compute their own). SHA-256, all integers little-endian, of
 *
 * <pre>
 * each page, in the order of batches:  region u32 | page u64 | what u8 | checksum u32
 *                                      what: 0 content, 1 zero, 3 not kept; checksum 0 without content
 * each run of zero tracts, in order:   region u32 | first tract u64 | 16 u8 | count u64
 * the slim state:                      32 u8 | length u64 | checksum u32 of each chunk, in order
 * </pre>
 *
 * Not safe for use by two threads at once.
 */
public final class CheckpointDigest {
  public static final int BYTES = 32;

  private static final int PAGE_ROW_BYTES = 17;
  private static final int ZERO_TRACTS_ROW_BYTES = 21;
  private static final int SLIM_HEAD_BYTES = 9;
  private static final byte CONTENT = 0;
  private static final byte ZERO = 1;
  private static final byte NOT_KEPT = 3;
  private static final byte ZERO_TRACTS = 16;
  private static final byte SLIM = 32;

  /** A batch of pages is hashed in one go: fewer, longer updates. */
  private static final int ROWS = 256;

  private final MessageDigest sha = sha256();
  private final ByteBuffer rows =
      ByteBuffer.allocate(ROWS * PAGE_ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** The next page, with content of this {@link PageChecksum}. */
  public void content(int region, long page, int checksum) {
    row(region, page, CONTENT, checksum);
  }

  /** The next page, known to be zero. */
  public void zero(int region, long page) {
    row(region, page, ZERO, 0);
  }

  /** The next page, declared as not kept. */
  public void notKept(int region, long page) {
    row(region, page, NOT_KEPT, 0);
  }

  /** The next run of zero tracts; after all pages, whenever it was sent. */
  public void zeroTracts(int region, long firstTract, long count) {
    if (rows.remaining() < ZERO_TRACTS_ROW_BYTES) {
      drain();
    }
    rows.putInt(region).putLong(firstTract).put(ZERO_TRACTS).putLong(count);
  }

  /**
   * The slim state, last. Ends the digest.
   *
   * @param chunkChecksums {@link SlimChecksum} of each chunk, in order
   * @return 32 bytes
   */
  public byte[] finish(long slimBytes, int[] chunkChecksums) {
    drain();
    ByteBuffer tail =
        ByteBuffer.allocate(SLIM_HEAD_BYTES + Integer.BYTES * chunkChecksums.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    tail.put(SLIM).putLong(slimBytes);
    for (int checksum : chunkChecksums) {
      tail.putInt(checksum);
    }
    return sha.digest(tail.array());
  }

  private void row(int region, long page, byte what, int checksum) {
    if (rows.remaining() < PAGE_ROW_BYTES) {
      drain();
    }
    rows.putInt(region).putLong(page).put(what).putInt(checksum);
  }

  private void drain() {
    sha.update(rows.array(), 0, rows.position());
    rows.clear();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
