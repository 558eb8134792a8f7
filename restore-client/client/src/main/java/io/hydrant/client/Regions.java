package io.hydrant.client;

import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;

/** Region tables and their geometry, see DESIGN: a tract is 8 MiB of a region. */
public final class Regions {
  public static final int TRACT_BYTES = 8 << 20;
  public static final int PAGE_BYTES = 4 << 10;
  public static final int PAGE_BYTES_MAX = 2 << 20;

  private Regions() {}

  /** A RAM block of 4 KiB pages. */
  public static Region memory(String name, long lengthBytes) {
    return of(name, RegionKind.REGION_KIND_MEMORY, PAGE_BYTES, lengthBytes);
  }

  public static Region of(String name, RegionKind kind, int pageBytes, long lengthBytes) {
    return Region.newBuilder()
        .setName(name)
        .setKind(kind)
        .setPageBytes(pageBytes)
        .setLengthBytes(lengthBytes)
        .build();
  }

  /** Number of pages of a region. */
  public static long pages(Region region) {
    return region.getLengthBytes() / region.getPageBytes();
  }

  /** Number of tracts of a region; the last may be short. */
  public static long tracts(Region region) {
    return (region.getLengthBytes() + TRACT_BYTES - 1) / TRACT_BYTES;
  }

  public static int pagesPerTract(Region region) {
    return TRACT_BYTES / region.getPageBytes();
  }

  /** Whether page size and length are possible; a server checks the same. */
  static boolean isValid(Region region) {
    int pageBytes = region.getPageBytes();
    return Integer.bitCount(pageBytes) == 1
        && pageBytes >= PAGE_BYTES
        && pageBytes <= PAGE_BYTES_MAX
        && region.getLengthBytes() > 0
        && region.getLengthBytes() % pageBytes == 0;
  }
}
