package io.hydrant.engine.catalog;

/**
 * What the retained checkpoints of an image may take on a replica: encoded bytes of pages and slim
 * states, live and history together. An image without one may take what there is.
 */
public record Quota(long bytes) {
  public Quota {
    if (bytes < 1 || bytes > CatalogLimits.QUOTA_BYTES_MAX) {
      throw new IllegalArgumentException(
          "a quota must be 1 to %d bytes, not %s"
              .formatted(CatalogLimits.QUOTA_BYTES_MAX, Long.toUnsignedString(bytes)));
    }
  }
}
