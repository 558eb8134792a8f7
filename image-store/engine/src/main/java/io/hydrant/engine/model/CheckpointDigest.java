package io.hydrant.engine.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Running digest of a checkpoint (PROTOCOL: hash over region, page number and checksum of every
 * page in manifest order; independent of encoding). The layout is in docs/formats/digest.md:
 *
 * <pre>
 * SHA-256 of
 *   each page, in the order of patches:  region u32 | page u64 | what u8 | checksum u32
 *                                        what: 0 content, 1 zero, 3 not kept
 *   each run of zero tracts, in order:   region u32 | first tract u64 | 16 u8 | count u64
 *   the slim state:                      32 u8 | length u64 | checksum u32 of each chunk, in order
 * all little-endian
 * </pre>
 */
public final class CheckpointDigest {
  private static final int ROW_BYTES = 17;
  private static final byte ZERO_TRACTS = 16;
  private static final byte SLIM = 32;

  private final MessageDigest sha = sha256();
  private ByteBuffer rows = ByteBuffer.allocate(256 * ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** The pages of the next patch. */
  public void patch(int region, RegionSpec spec, int tract, PageTable table) {
    if (rows.capacity() < table.size() * ROW_BYTES) {
      rows = ByteBuffer.allocate(table.size() * ROW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }
    rows.clear();
    for (int row = 0; row < table.size(); row++) {
      PageEncoding encoding = table.encoding(row);
      rows.putInt(region);
      rows.putLong(spec.pageOf(tract, table.pageInTract(row)));
      rows.put((byte) (encoding.hasContent() ? 0 : encoding.code()));
      rows.putInt(table.checksum(row));
    }
    sha.update(rows.array(), 0, rows.position());
  }

  /** The next run of zero tracts; after all patches. */
  public void zeroTracts(int region, long firstTract, long count) {
    rows.clear();
    rows.putInt(region).putLong(firstTract).put(ZERO_TRACTS).putLong(count);
    sha.update(rows.array(), 0, rows.position());
  }

  /** The slim state, last. Ends the digest. */
  public Digest finish(long slimBytes, int[] chunkChecksums) {
    ByteBuffer tail =
        ByteBuffer.allocate(9 + 4 * chunkChecksums.length).order(ByteOrder.LITTLE_ENDIAN);
    tail.put(SLIM).putLong(slimBytes);
    for (int checksum : chunkChecksums) {
      tail.putInt(checksum);
    }
    return Digest.of(sha.digest(tail.array()));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
