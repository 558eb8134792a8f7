package io.hydrant.engine.store;

import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Which pages a checkpoint has accounted for so far: finds duplicates, and tells whether a full
 * checkpoint is complete. At most 256 bytes a touched tract.
 */
final class PageCoverage {
  private final RegionTable regions;
  private final Map<Long, BitSet> pages = new HashMap<>();
  private final BitSet[] zeroTracts;
  private long covered;

  PageCoverage(RegionTable regions) {
    this.regions = regions;
    this.zeroTracts = new BitSet[regions.size()];
    for (int region = 0; region < zeroTracts.length; region++) {
      zeroTracts[region] = new BitSet();
    }
  }

  /** The first page in the tract that is there already; empty if none. Nothing changes. */
  OptionalInt duplicate(int region, int tract, PageTable table) {
    if (zeroTracts[region].get(tract) && table.size() > 0) {
      return OptionalInt.of(table.pageInTract(0));
    }
    BitSet seen = pages.get(key(region, tract));
    if (seen != null) {
      for (int row = 0; row < table.size(); row++) {
        if (seen.get(table.pageInTract(row))) {
          return OptionalInt.of(table.pageInTract(row));
        }
      }
    }
    return OptionalInt.empty();
  }

  void add(int region, int tract, PageTable table) {
    BitSet seen =
        pages.computeIfAbsent(
            key(region, tract), _ -> new BitSet(regions.get(region).pagesPerTract()));
    for (int row = 0; row < table.size(); row++) {
      seen.set(table.pageInTract(row));
    }
    covered += table.size();
  }

  /**
   * The first tract of a run of which pages, or which itself, are there already. Nothing changes.
   */
  OptionalInt duplicateTract(int region, int firstTract, int count) {
    for (int tract = firstTract; tract < firstTract + count; tract++) {
      if (zeroTracts[region].get(tract) || pages.containsKey(key(region, tract))) {
        return OptionalInt.of(tract);
      }
    }
    return OptionalInt.empty();
  }

  void addZeroTracts(int region, int firstTract, int count) {
    zeroTracts[region].set(firstTract, firstTract + count);
    RegionSpec spec = regions.get(region);
    for (int tract = firstTract; tract < firstTract + count; tract++) {
      covered += spec.pagesOfTract(tract);
    }
  }

  /** Pages of all regions that are not accounted for. */
  long missing() {
    long all = 0;
    for (RegionSpec region : regions.regions()) {
      all += region.pages();
    }
    return all - covered;
  }

  private static Long key(int region, int tract) {
    return ((long) region << 32) | tract;
  }
}
