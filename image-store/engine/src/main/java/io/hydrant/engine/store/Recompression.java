package io.hydrant.engine.store;

import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.model.TractRows;
import java.nio.ByteBuffer;

/**
 * Compresses pages that are moved and came uncompressed: what lives long is written once more, and
 * read, by wire and disk, in fewer bytes from then on. What a page says, and its checksum, stay;
 * how it is encoded is each replica's own affair. One thread at a time.
 */
final class Recompression {
  /**
   * A page that does not save an eighth stays as it is: it would have to be decoded for nothing.
   */
  private static final int PART_SAVED_MIN = 8;

  private final PageCodec codec;
  private final PageVerifier verifier;
  private ByteBuffer smaller = ByteBuffer.allocate(0);

  Recompression(PageCodec codec) {
    this.codec = codec;
    this.verifier = new PageVerifier(codec);
  }

  /**
   * @param data encoded pages of the rows one after the other, from position to limit; good until
   *     the next call
   */
  record Packed(TractRows rows, ByteBuffer data) {}

  /**
   * @param data in a direct buffer; each page verified
   */
  Packed of(TractKey tract, RegionSpec spec, TractRows rows, ByteBuffer data) {
    PageTable table = rows.table();
    int count = table.size();
    short[] pages = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    long[] versions = new long[count];
    ByteBuffer target = room(table.payloadBytes());
    for (int row = 0; row < count; row++) {
      int before = target.position();
      ByteBuffer page = data.slice(data.position() + table.offset(row), table.length(row));
      boolean compressed =
          table.encoding(row) == PageEncoding.RAW && compress(tract, spec, table, row, page);
      if (!compressed) {
        target.put(page);
      }
      pages[row] = (short) table.pageInTract(row);
      encodings[row] = (byte) (compressed ? PageEncoding.ZSTD.code() : table.encodingCode(row));
      lengths[row] = target.position() - before;
      checksums[row] = table.checksum(row);
      versions[row] = rows.version(row);
    }
    return new Packed(
        new TractRows(new PageTable(pages, encodings, lengths, checksums), versions, 0),
        target.flip());
  }

  /** A copy that is worth nothing, or cannot be read again, is not made. */
  private boolean compress(
      TractKey tract, RegionSpec spec, PageTable table, int row, ByteBuffer page) {
    ByteBuffer target = smaller;
    int from = target.position();
    target.limit(from + page.remaining() - page.remaining() / PART_SAVED_MIN);
    boolean fits = codec.encodeZstd(page, target);
    int length = target.position() - from;
    target.clear();
    boolean sound =
        fits
            && verifier
                .check(
                    tract.region(),
                    spec.pageOf(tract.tract(), table.pageInTract(row)),
                    spec.pageBytes(),
                    PageEncoding.ZSTD,
                    table.checksum(row),
                    target.duplicate(),
                    from,
                    length)
                .isEmpty();
    target.position(sound ? from + length : from);
    return sound;
  }

  private ByteBuffer room(int bytes) {
    if (smaller.capacity() < bytes) {
      smaller = ByteBuffer.allocateDirect(bytes);
    }
    return smaller.clear();
  }
}
