package io.hydrant.engine.model;

/** Uid of an image: given by the catalog, never used again. */
public record ImageId(long value) implements Comparable<ImageId> {
  public ImageId {
    if (value <= 0) {
      throw new IllegalArgumentException("image uid must be positive, not " + value);
    }
  }

  @Override
  public int compareTo(ImageId other) {
    return Long.compare(value, other.value);
  }

  @Override
  public String toString() {
    return "image#" + value;
  }
}
