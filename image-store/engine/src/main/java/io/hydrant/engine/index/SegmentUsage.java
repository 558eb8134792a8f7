package io.hydrant.engine.index;

import io.hydrant.engine.model.ImageId;

/** SKELETON: live bytes of each segment, by image. Owned by the apply thread. */
public final class SegmentUsage {
  /** Adds (or with a negative number, takes away) live bytes of the image that is being changed. */
  public void add(ImageId image, int segment, long bytes) {
    throw new UnsupportedOperationException();
  }
}
