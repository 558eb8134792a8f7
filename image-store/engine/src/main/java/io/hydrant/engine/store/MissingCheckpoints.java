package io.hydrant.engine.store;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Checkpoints whose commit was applied while their bytes are not (all) here (PROTOCOL R10): until
 * they are, every tract of the image at them and at what builds on them is "not here". Old pages
 * would pass every page checksum, so this must be known exactly, and it is written with every
 * snapshot.
 */
final class MissingCheckpoints {
  private final ConcurrentHashMap<ImageId, long[]> byImage = new ConcurrentHashMap<>();

  /** Apply thread. */
  void add(CheckpointKey key) {
    long id = key.checkpoint().value();
    if (contains(key)) {
      return;
    }
    byImage.merge(
        key.image(),
        new long[] {id},
        (old, one) -> {
          long[] more = Arrays.copyOf(old, old.length + 1);
          more[old.length] = id;
          Arrays.sort(more);
          return more;
        });
  }

  /** Apply thread. */
  void dropImage(ImageId image) {
    byImage.remove(image);
  }

  /** Any thread. */
  boolean contains(CheckpointKey key) {
    long[] missing = byImage.get(key.image());
    return missing != null && Arrays.binarySearch(missing, key.checkpoint().value()) >= 0;
  }

  /** Forgets those that no line goes through any more, and returns them. Apply thread. */
  List<CheckpointKey> forgetOff(ImageId image, List<Line> lines) {
    long[] missing = byImage.get(image);
    if (missing == null) {
      return List.of();
    }
    long[] kept =
        Arrays.stream(missing)
            .filter(id -> lines.stream().anyMatch(line -> line.contains(id)))
            .toArray();
    List<CheckpointKey> forgotten =
        Arrays.stream(missing)
            .filter(id -> Arrays.binarySearch(kept, id) < 0)
            .mapToObj(id -> CheckpointKey.of(image.value(), id))
            .toList();
    if (kept.length == 0) {
      byImage.remove(image);
    } else {
      byImage.put(image, kept);
    }
    return forgotten;
  }

  /** A missing checkpoint on the line, if there is one. Any thread. */
  OptionalLong on(ImageId image, Line line) {
    long[] missing = byImage.get(image);
    return missing == null
        ? OptionalLong.empty()
        : Arrays.stream(missing).filter(line::contains).findFirst();
  }

  int size() {
    return byImage.values().stream().mapToInt(ids -> ids.length).sum();
  }

  byte[] encode() {
    Map<ImageId, long[]> sorted = new TreeMap<>(byImage);
    ByteBuffer row = ByteBuffer.allocate(size() * 16);
    sorted.forEach((image, ids) -> {
      for (long id : ids) {
        row.putLong(image.value()).putLong(id);
      }
    });
    return row.array();
  }

  static MissingCheckpoints decode(byte[] bytes) throws IOException {
    if (bytes.length % 16 != 0) {
      throw new CorruptionException(
          "index row of missing checkpoints", 0, "pairs of numbers", bytes.length + " bytes");
    }
    MissingCheckpoints missing = new MissingCheckpoints();
    ByteBuffer row = ByteBuffer.wrap(bytes);
    try {
      while (row.hasRemaining()) {
        missing.add(CheckpointKey.of(row.getLong(), row.getLong()));
      }
    } catch (IllegalArgumentException e) {
      throw new CorruptionException(
          "index row of missing checkpoints", row.position(), "an id", "" + e.getMessage());
    }
    return missing;
  }
}
