package io.hydrant.engine.index;

import io.hydrant.engine.model.ImageId;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Live bytes of each segment, by image: what page maps still point to. Owned by the store's one
 * writer; {@link #encode} there is the capture that goes into the flush of the same maps. {@link
 * #total} alone may be asked by any thread.
 */
public final class SegmentUsage {
  private static final int VERSION = 1;

  private final Map<ImageId, ImageUsage> images = new ConcurrentHashMap<>();
  private final SegmentCounts all = new SegmentCounts();

  /** The image's handle; the same one until it is dropped. */
  public ImageUsage image(ImageId image) {
    return images.computeIfAbsent(image, id -> new ImageUsage(id, all));
  }

  /** Adds (or with a negative number, takes away) live bytes of the image that is being changed. */
  public void add(ImageId image, int segment, long bytes) {
    image(image).add(segment, bytes);
  }

  /** Live bytes of an image in all segments; 0 if it has none. Any thread. */
  public long total(ImageId image) {
    ImageUsage usage = images.get(image);
    return usage == null ? 0 : usage.total();
  }

  /** Takes away all that an image has; its handle is void from now on. */
  public void dropImage(ImageId image) {
    ImageUsage usage = images.remove(image);
    if (usage != null) {
      usage.drop();
    }
  }

  /** Live bytes of a segment. */
  public long live(int segment) {
    return all.get(segment);
  }

  /** Live bytes of all segments. */
  public long live() {
    long bytes = 0;
    for (int segment : all.segments()) {
      bytes += all.get(segment);
    }
    return bytes;
  }

  /** Whether no page map points to the segment: it may go once a durable flush says so too. */
  public boolean isDead(int segment) {
    return live(segment) == 0;
  }

  /** Segments with live bytes, ascending (unsigned). */
  public int[] liveSegments() {
    return all.segments();
  }

  /** The stored form (docs/formats/index.md); canonical. */
  public byte[] encode() {
    PackedOutput out = new PackedOutput(VERSION, 1024);
    long[] ids =
        images.values().stream()
            .filter(usage -> usage.counts().segments().length > 0)
            .mapToLong(usage -> usage.image().value())
            .sorted()
            .toArray();
    out.varint(ids.length);
    long previousImage = 0;
    for (long id : ids) {
      out.varint(id - previousImage);
      previousImage = id;
      SegmentCounts counts = image(new ImageId(id)).counts();
      int[] segments = counts.segments();
      out.varint(segments.length);
      long next = 0;
      for (int segment : segments) {
        long number = Integer.toUnsignedLong(segment);
        out.varint(number - next);
        out.varint(counts.get(segment));
        next = number + 1;
      }
    }
    return out.finish();
  }

  /**
   * @param source names the row in messages
   * @throws io.hydrant.engine.files.CorruptionException if the bytes are not a usage
   * @throws io.hydrant.engine.files.UnsupportedFormatException if they are one of another version
   */
  public static SegmentUsage decode(String source, byte[] bytes) throws IOException {
    PackedInput in = new PackedInput(source, bytes, VERSION);
    SegmentUsage usage = new SegmentUsage();
    int images = in.count(3); // an image has two numbers of its own and at least one segment
    long image = 0;
    for (int i = 0; i < images; i++) {
      image += in.varint(1, Long.MAX_VALUE - image, "distance to the next image");
      ImageUsage own = usage.image(new ImageId(image));
      int segments = in.count(2);
      in.require(segments > 0, "an image with segments", "one without");
      long next = 0;
      for (int k = 0; k < segments; k++) {
        long segment = next + in.varint(0, 0xffff_ffffL - next, "distance to the next segment");
        long room = Long.MAX_VALUE - usage.live((int) segment);
        own.add((int) segment, in.varint(1, room, "live bytes"));
        next = segment + 1;
      }
    }
    in.end();
    return usage;
  }
}
