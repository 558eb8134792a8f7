package io.hydrant.client;

/** What is known of a page that was read. Anything else is an error, and never one of these. */
public enum PageOutcome {
  /** It has content, which passed its checksum. */
  FOUND,
  /** It is known to be all zeros. */
  ZERO,
  /** Its protector declared that its content need not be kept; it reads as zeros by that choice. */
  NOT_KEPT
}
