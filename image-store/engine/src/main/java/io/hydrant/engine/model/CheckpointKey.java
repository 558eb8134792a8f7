package io.hydrant.engine.model;

import java.util.Comparator;

/** One checkpoint of one image. */
public record CheckpointKey(ImageId image, CheckpointId checkpoint)
    implements Comparable<CheckpointKey> {
  private static final Comparator<CheckpointKey> ORDER =
      Comparator.comparing(CheckpointKey::image).thenComparing(CheckpointKey::checkpoint);

  /** Key from raw numbers. */
  public static CheckpointKey of(long image, long checkpoint) {
    return new CheckpointKey(new ImageId(image), new CheckpointId(checkpoint));
  }

  @Override
  public int compareTo(CheckpointKey other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return image + " " + checkpoint;
  }
}
