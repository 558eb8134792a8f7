package io.hydrant.engine.index;

import io.hydrant.engine.model.Line;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import java.util.Arrays;

/**
 * A tract as of one checkpoint, and where its pages lie here.
 *
 * @param addresses packed, by row; 0 where the page has no content
 * @param whole whether every page is accounted for: else the tract is not here, or damaged
 */
public record RowsAt(TractRows rows, long[] addresses, boolean whole) {

  /** One pass over the map. */
  static RowsAt of(TractMap map, Line line, int pages) {
    int most = Math.min(pages, map.size());
    short[] numbers = new short[most];
    byte[] encodings = new byte[most];
    int[] lengths = new int[most];
    int[] checksums = new int[most];
    long[] versions = new long[most];
    long[] addresses = new long[most];
    long zero = map.newestZero(line);
    int size = 0;
    int found = -1;
    for (int row = 0; row < map.size() && map.pageInTract(row) < pages; row++) {
      int page = map.pageInTract(row);
      long checkpoint = map.checkpoint(row);
      if (page == found || !line.contains(checkpoint)) {
        continue;
      }
      found = page; // rows of a page descend: this one is the newest on the line
      if (checkpoint < zero) {
        continue;
      }
      numbers[size] = (short) page;
      encodings[size] = (byte) map.encodingCode(row);
      lengths[size] = map.length(row);
      checksums[size] = map.checksum(row);
      versions[size] = checkpoint;
      addresses[size] = map.address(row);
      size++;
    }
    PageTable table =
        new PageTable(
            Arrays.copyOf(numbers, size),
            Arrays.copyOf(encodings, size),
            Arrays.copyOf(lengths, size),
            Arrays.copyOf(checksums, size));
    long declared = size == pages ? 0 : zero; // hidden by rows: says nothing any more
    return new RowsAt(
        new TractRows(table, Arrays.copyOf(versions, size), declared),
        Arrays.copyOf(addresses, size),
        size == pages || zero > 0);
  }
}
