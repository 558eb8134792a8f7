package io.hydrant.engine.repair;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.store.TractHoles;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * A tract as of a checkpoint, as a source gives it: the rows of all its pages, and the bytes of
 * those that the asker did not have.
 *
 * @param index log index that the source had applied
 * @param rows of all pages
 * @param sent rows, by number, whose bytes are in {@code data}: only such that have content
 * @param data the encoded pages of those rows one after the other, from position to limit
 * @param holes what the rows leave out; none unless {@link RepairSource#part} was asked
 */
public record RepairedTract(
    CheckpointKey asOf,
    int region,
    int tract,
    long index,
    TractRows rows,
    BitSet sent,
    ByteBuffer data,
    TractHoles holes) {

  /**
   * @throws IllegalArgumentException if the data has not the length of the rows that are sent
   */
  public RepairedTract {
    long bytes = 0;
    for (int row = sent.nextSetBit(0); row >= 0; row = sent.nextSetBit(row + 1)) {
      if (row >= rows.size() || rows.table().length(row) == 0) {
        throw new IllegalArgumentException("row %d has no bytes".formatted(row));
      }
      bytes += rows.table().length(row);
    }
    if (bytes != data.remaining()) {
      throw new IllegalArgumentException(
          "%d bytes of pages of %d".formatted(data.remaining(), bytes));
    }
  }

  /**
   * Rows, by number, that have content and whose pages the asker does not have: what a source
   * sends, so that both sides know it without a word.
   *
   * @param have bits of pages within the tract
   */
  public static BitSet toSend(TractRows rows, BitSet have) {
    BitSet sent = new BitSet(rows.size());
    for (int row = 0; row < rows.size(); row++) {
      if (rows.table().length(row) > 0 && !have.get(rows.table().pageInTract(row))) {
        sent.set(row);
      }
    }
    return sent;
  }
}
