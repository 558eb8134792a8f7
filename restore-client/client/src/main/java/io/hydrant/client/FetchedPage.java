package io.hydrant.client;

import java.nio.ByteBuffer;

/** One page that was read and, if it has content, checked. */
public sealed interface FetchedPage {
  /** Its number in its region. */
  long page();

  /**
   * A page with content.
   *
   * @param content read-only; stays valid
   */
  record Found(long page, ByteBuffer content) implements FetchedPage {}

  /** Known to be all zeros. */
  record Zero(long page) implements FetchedPage {}

  /** Declared as not kept; reads as zeros by that choice. */
  record NotKept(long page) implements FetchedPage {}

  default PageOutcome outcome() {
    return switch (this) {
      case Found _ -> PageOutcome.FOUND;
      case Zero _ -> PageOutcome.ZERO;
      case NotKept _ -> PageOutcome.NOT_KEPT;
    };
  }
}
