package io.hydrant.engine.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * The pages of one tract as of one checkpoint, without their bytes and without their places: the
 * same on every replica that has them all. A row for every page but those that are zero because the
 * whole tract was declared so.
 *
 * <p>Immutable by agreement: the array belongs to the rows once they are made.
 */
public final class TractRows {
  private static final int HEADER_BYTES = 8;
  private static final int ROW_BYTES = 2 + 8 + 1 + 4;

  private static final byte ZERO = 0;
  private static final byte NOT_KEPT = 1;
  private static final byte CONTENT = 2;

  private final PageTable table;
  private final long[] versions;
  private final long zeroVersion;

  /**
   * @param table ascending by page
   * @param versions by row, id of the checkpoint that wrote the page
   * @param zeroVersion id of the checkpoint that declared the whole tract zero, older than all
   *     versions; 0 if every page has a row
   * @throws IllegalArgumentException if a version is not newer than the declaration, or there is
   *     not one for each row
   */
  public TractRows(PageTable table, long[] versions, long zeroVersion) {
    if (versions.length != table.size() || zeroVersion < 0 || zeroVersion > CheckpointId.MAX) {
      throw new IllegalArgumentException(
          "%d versions of %d pages, zero at %d"
              .formatted(versions.length, table.size(), zeroVersion));
    }
    for (long version : versions) {
      if (version <= zeroVersion || version > CheckpointId.MAX) {
        throw new IllegalArgumentException(
            "version %d, zero at %d".formatted(version, zeroVersion));
      }
    }
    this.table = table;
    this.versions = versions;
    this.zeroVersion = zeroVersion;
  }

  public PageTable table() {
    return table;
  }

  public int size() {
    return versions.length;
  }

  /** Id of the checkpoint that wrote the page. */
  public long version(int row) {
    return versions[row];
  }

  /** Id of the checkpoint that declared the whole tract zero; 0 if every page has a row. */
  public long zeroVersion() {
    return zeroVersion;
  }

  /** The newest version: as of every later checkpoint on the line down to here, all is the same. */
  public long lastChange() {
    long last = zeroVersion;
    for (long version : versions) {
      last = Math.max(last, version);
    }
    return last;
  }

  /** Encoded bytes of all pages. */
  public int dataBytes() {
    return table.payloadBytes();
  }

  /** Row of a page within the tract; negative if it has none. */
  public int rowOf(int pageInTract) {
    int low = 0;
    int high = versions.length - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      int page = table.pageInTract(middle);
      if (page == pageInTract) {
        return middle;
      }
      if (page < pageInTract) {
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    return -1;
  }

  /** Some of the rows, by ascending number. */
  public TractRows only(int[] wanted) {
    short[] pages = new short[wanted.length];
    byte[] encodings = new byte[wanted.length];
    int[] lengths = new int[wanted.length];
    int[] checksums = new int[wanted.length];
    long[] some = new long[wanted.length];
    for (int i = 0; i < wanted.length; i++) {
      pages[i] = (short) table.pageInTract(wanted[i]);
      encodings[i] = (byte) table.encodingCode(wanted[i]);
      lengths[i] = table.length(wanted[i]);
      checksums[i] = table.checksum(wanted[i]);
      some[i] = versions[wanted[i]];
    }
    return new TractRows(new PageTable(pages, encodings, lengths, checksums), some, 0);
  }

  /** Whether two rows say the same of a page, however it is stored. */
  public boolean isSame(int row, TractRows other, int otherRow) {
    return table.pageInTract(row) == other.table.pageInTract(otherRow)
        && versions[row] == other.versions[otherRow]
        && what(row) == other.what(otherRow)
        && table.checksum(row) == other.table.checksum(otherRow);
  }

  private byte what(int row) {
    return switch (table.encoding(row)) {
      case ZERO -> ZERO;
      case NOT_KEPT -> NOT_KEPT;
      case RAW, ZSTD -> CONTENT;
    };
  }

  /**
   * SHA-256 over the declaration (u64) and, of each row, page (u16), version (u64), what (u8: 0
   * zero, 1 not kept, 2 content) and checksum (u32), little-endian: independent of how and where
   * the pages are stored.
   */
  public Digest digest() {
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER_BYTES + ROW_BYTES * versions.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(zeroVersion);
    for (int row = 0; row < versions.length; row++) {
      bytes.putShort((short) table.pageInTract(row)).putLong(versions[row]);
      bytes.put(what(row)).putInt(table.checksum(row));
    }
    try {
      return Digest.of(MessageDigest.getInstance("SHA-256").digest(bytes.array()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
