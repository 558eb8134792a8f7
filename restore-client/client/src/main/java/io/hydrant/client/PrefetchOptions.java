package io.hydrant.client;

import io.hydrant.v1.ReadClass;

/**
 * @param readClass how urgent it is; never {@code READ_CLASS_FAULT}
 * @param emptyPages whether pages without content are reported
 */
public record PrefetchOptions(ReadClass readClass, EmptyPages emptyPages) {
  public static final PrefetchOptions DEFAULT =
      new PrefetchOptions(ReadClass.READ_CLASS_PREFETCH, EmptyPages.REPORT);

  /** What becomes of pages that are zero or not kept. */
  public enum EmptyPages {
    /** Each is reported to the sink. */
    REPORT,
    /** They are left out: for memory that is zero to begin with. */
    SKIP
  }
}
