package io.hydrant.engine.model;

/**
 * A named part of an image.
 *
 * @param name 1 to 128 bytes of UTF-8, unique in its table
 * @param kind what it holds
 * @param pageBytes power of two, 4 KiB to 2 MiB
 * @param lengthBytes multiple of {@code pageBytes}, at least one page
 */
public record RegionSpec(String name, RegionKind kind, int pageBytes, long lengthBytes) {
  /** A tract is 8 MiB of a region, whatever its page size. */
  public static final int TRACT_BYTES = 8 << 20;

  public static final int PAGE_BYTES_MIN = 4 << 10;
  public static final int PAGE_BYTES_MAX = 2 << 20;
  public static final int NAME_BYTES_MAX = 128;

  /**
   * The tracts of one region are bounded as those of an image are: {@link RegionTable#TRACTS_MAX}.
   */
  public static final long LENGTH_BYTES_MAX = (long) RegionTable.TRACTS_MAX * TRACT_BYTES;

  public RegionSpec {
    int nameBytes = name.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    if (nameBytes < 1 || nameBytes > NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "region name must have 1 to " + NAME_BYTES_MAX + " bytes, not " + nameBytes);
    }
    if (Integer.bitCount(pageBytes) != 1
        || pageBytes < PAGE_BYTES_MIN
        || pageBytes > PAGE_BYTES_MAX) {
      throw new IllegalArgumentException(
          "region '%s': page size must be a power of two from %d to %d bytes, not %d"
              .formatted(name, PAGE_BYTES_MIN, PAGE_BYTES_MAX, pageBytes));
    }
    if (lengthBytes <= 0 || lengthBytes > LENGTH_BYTES_MAX || lengthBytes % pageBytes != 0) {
      throw new IllegalArgumentException(
          "region '%s': length must be a positive multiple of its page size %d, not %d"
              .formatted(name, pageBytes, lengthBytes));
    }
  }

  public long pages() {
    return lengthBytes / pageBytes;
  }

  public int pagesPerTract() {
    return TRACT_BYTES / pageBytes;
  }

  public int tracts() {
    return (int) ((lengthBytes + TRACT_BYTES - 1) / TRACT_BYTES);
  }

  /** Pages of one tract; fewer than {@link #pagesPerTract} only in the last. */
  public int pagesOfTract(int tract) {
    return (int) Math.min(pagesPerTract(), pages() - (long) tract * pagesPerTract());
  }

  public int tractOf(long page) {
    return (int) (page / pagesPerTract());
  }

  public int pageInTract(long page) {
    return (int) (page % pagesPerTract());
  }

  public long pageOf(int tract, int pageInTract) {
    return (long) tract * pagesPerTract() + pageInTract;
  }
}
