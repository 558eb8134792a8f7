package io.hydrant.engine.model;

import java.util.Comparator;

/**
 * One version of one page: what a checkpoint wrote.
 *
 * @param tract that the page is in
 * @param checkpoint that wrote it
 * @param page within the tract
 */
public record StoredVersion(TractKey tract, CheckpointId checkpoint, int page)
    implements Comparable<StoredVersion> {
  private static final Comparator<StoredVersion> ORDER =
      Comparator.comparing(StoredVersion::tract)
          .thenComparing(StoredVersion::checkpoint)
          .thenComparingInt(StoredVersion::page);

  /**
   * @throws IllegalArgumentException if there can be no such one
   */
  public static StoredVersion of(TractKey tract, long checkpoint, int page) {
    return new StoredVersion(tract, new CheckpointId(checkpoint), page);
  }

  @Override
  public int compareTo(StoredVersion other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return "image %d, region %d, tract %d, page %d of it, as checkpoint %d wrote it"
        .formatted(tract.image().value(), tract.region(), tract.tract(), page, checkpoint.value());
  }
}
