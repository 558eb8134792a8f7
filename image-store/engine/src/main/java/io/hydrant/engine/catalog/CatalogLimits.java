package io.hydrant.engine.catalog;

import io.hydrant.engine.model.RegionTable;

/**
 * Bounds of the catalog, each with its reason. They are checked where an entry is applied, hence
 * alike on all replicas: changing one is a change of the replicated state machine.
 */
public final class CatalogLimits {
  /**
   * Images of a group: its catalog is written whole at every Raft snapshot, about 2 KiB an image.
   */
  public static final int IMAGES_MAX = 100_000;

  /** A name is a file-name-safe label for people; the longest one fits a terminal line. */
  public static final int IMAGE_NAME_CHARS_MAX = 128;

  /** At least the newest checkpoint stays: the last one committed is never retired. */
  public static final int KEEP_LAST_MIN = 1;

  /** A commit copies one array of references to all retained checkpoints: 40 KB at this bound. */
  public static final int KEEP_LAST_MAX = 10_000;

  /** Ten years: longer than anybody plans, and far from an overflow of any sum of times. */
  public static final long RETENTION_MILLIS_MAX = 3_653L * 24 * 3_600 * 1_000;

  /** Tiers of a retention: each is one more look at every checkpoint, once a second. */
  public static final int RETENTION_TIERS_MAX = 8;

  /** Checkpoints that the tiers of an image may keep, all together: as {@link #KEEP_LAST_MAX}. */
  public static final int RETENTION_SLOTS_MAX = 10_000;

  /**
   * Checkpoints that stay for their age alone, the newest: nobody knows how many an age will have.
   * As {@link #KEEP_LAST_MAX}.
   */
  public static final int KEEP_FOR_CHECKPOINTS_MAX = 10_000;

  /** An exbibyte: more than any device has, and far from an overflow of any sum of bytes. */
  public static final long QUOTA_BYTES_MAX = 1L << 60;

  /** Names of an image's checkpoints, which stay until released: copied at each change. */
  public static final int NAMES_PER_IMAGE_MAX = 1_024;

  /** As {@link #IMAGE_NAME_CHARS_MAX}. */
  public static final int CHECKPOINT_NAME_CHARS_MAX = IMAGE_NAME_CHARS_MAX;

  /**
   * What was learned from restores of an image: 256 MiB of small pages in most cases. It is written
   * with the catalog at every snapshot, so no longer than it must be.
   */
  public static final int PLAN_BYTES_MAX = 64 << 10;

  /**
   * Plans of all images of a group together: a thousand full ones. Beyond, nothing new is learned.
   */
  public static final long PLANS_BYTES_MAX = 64L << 20;

  /** Stands in for 0 in a request, before the entry is made. */
  public static final int KEEP_LAST_DEFAULT = 16;

  /** Restore sessions of an image: looked through for a repeated Pin, and copied at each change. */
  public static final int SESSIONS_PER_IMAGE_MAX = 1_024;

  /**
   * One checkpoint in flight while the next is being sent: more would not hide more of the wait.
   */
  public static final int OPEN_CHECKPOINTS_MAX = 2;

  public static final int REGIONS_MAX = RegionTable.REGIONS_MAX;

  public static final int TRACTS_MAX = RegionTable.TRACTS_MAX;

  /** A shorter lease would make renewals a load on the log. */
  public static final int LEASE_MILLIS_MIN = 1_000;

  /** A longer one would let a restorer that died hold back space for too long. */
  public static final int LEASE_MILLIS_MAX = 3_600_000;

  /**
   * Take-overs from an older checkpoint since the last full one: page reads look through the runs
   * of a line. The next increment beyond is told to send a full checkpoint, which starts a new
   * line.
   */
  public static final int LINE_RUNS_MAX = 64;

  /**
   * Retired checkpoints of which digest and commit index are kept, so that a repeated Commit gets
   * its first answer. A client has at most {@link #OPEN_CHECKPOINTS_MAX} commits in doubt.
   */
  public static final int RETIRED_REMEMBERED_MAX = 16;

  /**
   * Page versions of an image that are marked damaged: 256 MiB of small pages. Of an image that has
   * lost more, a full checkpoint is the only thing to hope for.
   */
  public static final int DAMAGED_PAGES_MAX = 1 << 16;

  private CatalogLimits() {}
}
