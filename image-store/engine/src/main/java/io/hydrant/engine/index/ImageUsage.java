package io.hydrant.engine.index;

import io.hydrant.engine.model.ImageId;

/**
 * Live bytes of one image by segment: a handle into its {@link SegmentUsage}. Changed by the
 * store's one writer only.
 */
public final class ImageUsage {
  private final ImageId image;
  private final SegmentCounts own = new SegmentCounts();
  private final SegmentCounts all;
  private boolean dropped;

  /** Of all segments. Written by the one writer alone, read by anybody. */
  private volatile long total;

  ImageUsage(ImageId image, SegmentCounts all) {
    this.image = image;
    this.all = all;
  }

  public ImageId image() {
    return image;
  }

  /**
   * Adds (or with a negative number, takes away) live bytes.
   *
   * @throws IllegalStateException if the image was dropped, or more is taken away than was added:
   *     the count would let a live segment be recycled
   */
  public void add(int segment, long bytes) {
    if (dropped) {
      throw new IllegalStateException(image + " was dropped and can have no live bytes");
    }
    long left = own.add(segment, bytes);
    if (left < 0) {
      throw new IllegalStateException(
          "live bytes of %s in segment %d would be %d"
              .formatted(image, Integer.toUnsignedLong(segment), left));
    }
    all.add(segment, bytes);
    long sum = total + bytes;
    total = sum;
  }

  /** Live bytes of this image in a segment. */
  public long live(int segment) {
    return own.get(segment);
  }

  /** Live bytes of this image in all segments. Any thread. */
  public long total() {
    return total;
  }

  SegmentCounts counts() {
    return own;
  }

  void drop() {
    dropped = true;
    own.forEach((segment, bytes) -> all.add(segment, -bytes));
  }
}
