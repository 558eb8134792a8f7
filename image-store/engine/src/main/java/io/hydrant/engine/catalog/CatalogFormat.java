package io.hydrant.engine.catalog;

/**
 * Constants of the catalog's encoding; layout in docs/formats/catalog.md. All numbers
 * little-endian.
 */
final class CatalogFormat {
  /** "HYCATLOG" as the bytes lie in the file. */
  static final long MAGIC = 0x474f4c5441435948L;

  /** The version that this program writes. */
  static final int VERSION = 6;

  /** The oldest program that can read what this one writes, by the version it writes itself. */
  static final int READABLE_SINCE = 6;

  /** The oldest version that this program reads. */
  static final int OLDEST = 1;

  /** From this version on an image states its durability; before, all were QUORUM. */
  static final int DURABILITY_SINCE = 2;

  /** From this version on an owner states the session that its take-over opened. */
  static final int OWNER_SESSION_SINCE = 2;

  /** From this version on an image states which of its pages are damaged. */
  static final int DAMAGED_SINCE = 3;

  /** From this version on an image states by what age it keeps, and its checkpoints' names. */
  static final int RETENTION_SINCE = 4;

  /** From this version on an image states its quota; before, none had one. */
  static final int QUOTA_SINCE = 5;

  /** From this version on an image has what was learned from restores of it. */
  static final int PLAN_SINCE = 6;

  /** In place of a quota: the image may take what there is. */
  static final long NO_QUOTA = 0;

  /** In place of an age: nothing is kept for it. */
  static final long NO_AGE = 0;

  /** No log gets there; what counts entries stays far from an overflow. */
  static final long INDEX_MAX = 1L << 62;

  /** In place of a session: no session has the index of the first entry. */
  static final long NO_SESSION = 0;

  static final int DELETING_FLAG = 1;

  static final int CHECKSUM_BYTES = 4;
  static final int HEADER_BYTES = 8 + 2 + 2 + 4 * 8 + 4;

  /**
   * Bytes of the smallest element of each list in any version that is read: a count above what can
   * follow is refused at once.
   */
  static final int IMAGE_BYTES_MIN = 8 + 1 + 1 + 16 + 8 + 4 + 1 + 8 + 16 + 8 + 8 + 8 + 7 * 4;

  static final int DAMAGED_PAGE_BYTES = 2;
  static final int TABLE_BYTES_MIN = 2;
  static final int REGION_BYTES_MIN = 1 + 1 + 1 + 4 + 8;
  static final int BRANCH_BYTES = 8 + 8;
  static final int OPEN_BYTES = 8 + 8 + 1 + 8 + 4;
  static final int COMMITTED_BYTES = OPEN_BYTES + 32 + 6 * 8;
  static final int DAMAGED_BYTES_MIN = 4 + 4 + 8 + 4 + DAMAGED_PAGE_BYTES;
  static final int RANGE_BYTES = 8 + 8;
  static final int REMEMBERED_BYTES = 8 + 8 + 32;
  static final int SESSION_BYTES = 8 + 8 + 4 + 8 + 16;
  static final int TIER_BYTES = 8 + 8;
  static final int NAME_BYTES_MIN = 1 + 1 + 8;

  private CatalogFormat() {}

  static boolean isReadable(int version, int readableSince) {
    return version >= OLDEST && readableSince <= VERSION && readableSince <= version;
  }
}
