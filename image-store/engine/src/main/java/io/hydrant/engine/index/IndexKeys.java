package io.hydrant.engine.index;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.TractKey;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * Keys of the page index, big-endian so that they sort as their numbers do; all rows of one kind of
 * an image have a prefix in common (docs/formats/index.md):
 *
 * <pre>
 * 't' | image u64 | region u16 | tract u32     a tract's map
 * 's' | image u64 | checkpoint u64             where a checkpoint's slim state lies
 * 'z' | name, ASCII                            state of the store that changes with the maps
 * </pre>
 */
public final class IndexKeys {
  private static final byte TRACT = 't';
  private static final byte SLIM = 's';
  private static final byte STATE = 'z';

  private static final int TRACT_BYTES = 15;
  private static final int SLIM_BYTES = 17;
  private static final int REGION_MAX = 0xffff;

  /** The port allows keys of 64 bytes. */
  private static final int NAME_BYTES_MAX = 63;

  private IndexKeys() {}

  public static byte[] tract(TractKey key) {
    if (key.region() < 0 || key.region() > REGION_MAX || key.tract() < 0) {
      throw new IllegalArgumentException("no tract has such numbers: " + key);
    }
    return ByteBuffer.allocate(TRACT_BYTES)
        .put(TRACT)
        .putLong(key.image().value())
        .putShort((short) key.region())
        .putInt(key.tract())
        .array();
  }

  public static byte[] slim(CheckpointKey key) {
    return ByteBuffer.allocate(SLIM_BYTES)
        .put(SLIM)
        .putLong(key.image().value())
        .putLong(key.checkpoint().value())
        .array();
  }

  /**
   * @param name 1 to 63 ASCII characters
   */
  public static byte[] state(String name) {
    byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < 1 || bytes.length > NAME_BYTES_MAX) {
      throw new IllegalArgumentException("a state row's name has 1 to 63 characters: " + name);
    }
    return ByteBuffer.allocate(1 + bytes.length).put(STATE).put(bytes).array();
  }

  /** Prefix of all tract rows of an image. */
  public static byte[] tractsOf(ImageId image) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(TRACT).putLong(image.value()).array();
  }

  /** Prefix of all slim rows of an image. */
  public static byte[] slimsOf(ImageId image) {
    return ByteBuffer.allocate(1 + Long.BYTES).put(SLIM).putLong(image.value()).array();
  }

  /** Prefix of all tract rows. */
  public static byte[] allTracts() {
    return new byte[] {TRACT};
  }

  /** Prefix of all slim rows. */
  public static byte[] allSlims() {
    return new byte[] {SLIM};
  }

  /** What {@link #tract} was made from. */
  public static TractKey parseTract(byte[] key) throws CorruptionException {
    ByteBuffer in = open(key, TRACT, TRACT_BYTES, "the key of a tract row");
    TractKey tract =
        new TractKey(image(key, in.getLong()), in.getShort() & REGION_MAX, in.getInt());
    if (tract.tract() < 0) {
      throw corrupt(key, "a tract number");
    }
    return tract;
  }

  /** What {@link #slim} was made from. */
  public static CheckpointKey parseSlim(byte[] key) throws CorruptionException {
    ByteBuffer in = open(key, SLIM, SLIM_BYTES, "the key of a slim row");
    try {
      return CheckpointKey.of(in.getLong(), in.getLong());
    } catch (IllegalArgumentException e) {
      throw corrupt(key, "an image and a checkpoint id");
    }
  }

  /** Names a row in messages. */
  static String describe(TractKey key) {
    return "page index: map of %s region %d tract %d"
        .formatted(key.image(), key.region(), key.tract());
  }

  private static ImageId image(byte[] key, long value) throws CorruptionException {
    if (value <= 0) {
      throw corrupt(key, "an image uid");
    }
    return new ImageId(value);
  }

  private static ByteBuffer open(byte[] key, byte kind, int length, String expected)
      throws CorruptionException {
    if (key.length != length || key[0] != kind) {
      throw corrupt(key, expected);
    }
    return ByteBuffer.wrap(key).position(1);
  }

  private static CorruptionException corrupt(byte[] key, String expected) {
    return new CorruptionException(
        "page index", 0, expected, "key " + HexFormat.of().formatHex(key));
  }
}
