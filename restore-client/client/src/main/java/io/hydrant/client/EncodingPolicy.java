package io.hydrant.client;

/** How pages with content are encoded for the way and for the store. */
public enum EncodingPolicy {
  /** As they are: fastest to write and to fetch. */
  RAW,
  /** zstd level 1 wherever a page gets smaller at all. */
  ZSTD,
  /** zstd level 1 for pages that it makes smaller by a quarter or more, the others as they are. */
  AUTO;

  /** Largest encoded length worth sending as zstd; below 0: do not try. */
  int encodedBytesMax(int pageBytes) {
    return switch (this) {
      case RAW -> -1;
      case ZSTD -> pageBytes - 1;
      case AUTO -> pageBytes - pageBytes / 4;
    };
  }
}
