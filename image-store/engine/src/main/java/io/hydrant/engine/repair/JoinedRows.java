package io.hydrant.engine.repair;

import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;

/**
 * The rows of two replicas put together: of each page the newer version. It is the newest one on
 * the line if no checkpoint is left out by both.
 *
 * @param theirs rows, by number, that are the other's
 */
record JoinedRows(TractRows rows, BitSet theirs) {

  /**
   * @param pages that the tract has
   * @param good pages whose bytes are here, where both have the same version
   * @return empty if both say different things of the same version: one of them is wrong
   */
  static Optional<JoinedRows> of(TractRows own, TractRows other, int pages, BitSet good) {
    long zero = Math.max(own.zeroVersion(), other.zeroVersion());
    Columns columns = new Columns(pages);
    BitSet theirs = new BitSet();
    for (int page = 0; page < pages; page++) {
      int mine = own.rowOf(page);
      int their = other.rowOf(page);
      long version = mine < 0 ? 0 : own.version(mine);
      long otherVersion = their < 0 ? 0 : other.version(their);
      if (Math.max(version, otherVersion) <= zero) {
        continue; // hidden, or in neither
      }
      boolean both = version == otherVersion;
      if (both && !own.isSame(mine, other, their)) {
        return Optional.empty();
      }
      if (otherVersion > version || both && !good.get(page)) {
        theirs.set(columns.size);
        columns.add(other, their);
      } else {
        columns.add(own, mine);
      }
    }
    return Optional.of(new JoinedRows(columns.rows(columns.size == pages ? 0 : zero), theirs));
  }

  /** Whether every page is accounted for. */
  boolean isWhole(int pages) {
    return rows.size() == pages || rows.zeroVersion() > 0;
  }

  private static final class Columns {
    private final short[] pages;
    private final byte[] encodings;
    private final int[] lengths;
    private final int[] checksums;
    private final long[] versions;
    private int size;

    Columns(int most) {
      pages = new short[most];
      encodings = new byte[most];
      lengths = new int[most];
      checksums = new int[most];
      versions = new long[most];
    }

    void add(TractRows from, int row) {
      pages[size] = (short) from.table().pageInTract(row);
      encodings[size] = (byte) from.table().encodingCode(row);
      lengths[size] = from.table().length(row);
      checksums[size] = from.table().checksum(row);
      versions[size] = from.version(row);
      size++;
    }

    TractRows rows(long zero) {
      return new TractRows(
          new PageTable(
              Arrays.copyOf(pages, size),
              Arrays.copyOf(encodings, size),
              Arrays.copyOf(lengths, size),
              Arrays.copyOf(checksums, size)),
          Arrays.copyOf(versions, size),
          zero);
    }
  }
}
