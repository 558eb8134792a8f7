package io.hydrant.engine.model;

import java.util.Comparator;

/**
 * One tract of one image.
 *
 * @param image the image
 * @param region number of the region in the image's region table
 * @param tract number of the 8 MiB slice within the region
 */
public record TractKey(ImageId image, int region, int tract) implements Comparable<TractKey> {
  private static final Comparator<TractKey> ORDER =
      Comparator.comparing(TractKey::image)
          .thenComparingInt(TractKey::region)
          .thenComparingInt(TractKey::tract);

  @Override
  public int compareTo(TractKey other) {
    return ORDER.compare(this, other);
  }
}
