package io.hydrant.engine.store;

import io.hydrant.engine.index.TractMap;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Rows of a tract's map whose bytes lie in one segment, in layers: in a layer a page has one
 * version, as in a record that holds moved pages. Layer 0 has the newest of each page.
 */
record SurvivingRows(List<Layer> layers) {
  /**
   * @param rows by number in the map, ascending, which is by page
   */
  record Layer(TractMap map, int[] rows) {
    static final Layer NONE = new Layer(TractMap.empty(), new int[0]);

    int size() {
      return rows.length;
    }

    int bytes() {
      int bytes = 0;
      for (int row : rows) {
        bytes += map.length(row);
      }
      return bytes;
    }

    long newestVersion() {
      long newest = 0;
      for (int row : rows) {
        newest = Math.max(newest, map.checkpoint(row));
      }
      return newest;
    }

    /** Those of the rows, by place in the layer, that fulfil something. */
    Layer only(IntPredicate place) {
      int[] some = new int[rows.length];
      int count = 0;
      for (int i = 0; i < rows.length; i++) {
        if (place.test(i)) {
          some[count++] = rows[i];
        }
      }
      return new Layer(map, Arrays.copyOf(some, count));
    }

    /** As a record says it. */
    TractRows toRows() {
      short[] pages = new short[rows.length];
      byte[] encodings = new byte[rows.length];
      int[] lengths = new int[rows.length];
      int[] checksums = new int[rows.length];
      long[] versions = new long[rows.length];
      for (int i = 0; i < rows.length; i++) {
        pages[i] = (short) map.pageInTract(rows[i]);
        encodings[i] = (byte) map.encodingCode(rows[i]);
        lengths[i] = map.length(rows[i]);
        checksums[i] = map.checksum(rows[i]);
        versions[i] = map.checkpoint(rows[i]);
      }
      return new TractRows(new PageTable(pages, encodings, lengths, checksums), versions, 0);
    }
  }

  static SurvivingRows of(TractMap map, int segment) {
    List<int[]> rows = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    int page = -1;
    int layer = 0;
    for (int row = 0; row < map.size(); row++) {
      if (map.length(row) == 0 || (int) (map.address(row) >>> 32) != segment) {
        continue;
      }
      layer = map.pageInTract(row) == page ? layer + 1 : 0;
      page = map.pageInTract(row);
      if (layer == rows.size()) {
        rows.add(new int[16]);
        sizes.add(0);
      }
      int size = sizes.get(layer);
      if (size == rows.get(layer).length) {
        rows.set(layer, Arrays.copyOf(rows.get(layer), 2 * size));
      }
      rows.get(layer)[size] = row;
      sizes.set(layer, size + 1);
    }
    List<Layer> layers = new ArrayList<>(rows.size());
    for (int i = 0; i < rows.size(); i++) {
      layers.add(new Layer(map, Arrays.copyOf(rows.get(i), sizes.get(i))));
    }
    return new SurvivingRows(layers);
  }
}
