package io.hydrant.engine.model;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The regions of an image, numbered by position. Never empty, names unique. */
public record RegionTable(List<RegionSpec> regions) {
  public static final int REGIONS_MAX = 256;

  /**
   * Tracts of all regions together: 8 TiB. A commit visits every tract that its checkpoint
   * declares, on the apply thread and in memory, zero tracts among them.
   */
  public static final int TRACTS_MAX = 1 << 20;

  public RegionTable {
    regions = List.copyOf(regions);
    if (regions.isEmpty() || regions.size() > REGIONS_MAX) {
      throw new IllegalArgumentException(
          "a region table has 1 to " + REGIONS_MAX + " regions, not " + regions.size());
    }
    Set<String> names = new HashSet<>();
    for (RegionSpec region : regions) {
      if (!names.add(region.name())) {
        throw new IllegalArgumentException("region '" + region.name() + "' is there twice");
      }
    }
  }

  public int size() {
    return regions.size();
  }

  /** Tracts of all regions together. */
  public long tracts() {
    return regions.stream().mapToLong(RegionSpec::tracts).sum();
  }

  /** Pages of all regions together. */
  public long pages() {
    return regions.stream().mapToLong(RegionSpec::pages).sum();
  }

  public boolean has(int region) {
    return region >= 0 && region < regions.size();
  }

  /**
   * @throws IndexOutOfBoundsException if there is no such region
   */
  public RegionSpec get(int region) {
    return regions.get(region);
  }
}
