package io.hydrant.engine.index;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Reads what {@link PackedOutput} wrote. Any bytes give values within the bounds asked for or a
 * {@link CorruptionException}. The checksum comes first: what fails it is corrupt, whatever its
 * version byte says.
 */
public final class PackedInput {
  private static final int VARINT_SHIFT_MAX = 63;

  private final String source;
  private final byte[] bytes;
  private final int end;
  private int position;

  public PackedInput(String source, byte[] bytes, int version) throws IOException {
    this.source = source;
    this.bytes = bytes;
    this.end = bytes.length - PackedOutput.CHECKSUM_BYTES;
    require(end >= 1, "at least 5 bytes", bytes.length + " bytes");
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, end);
    int stored = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt(end);
    require(
        stored == (int) crc.getValue(),
        "checksum %08x".formatted(stored),
        "bytes with checksum %08x".formatted((int) crc.getValue()));
    int found = u8();
    if (found != version) {
      throw new UnsupportedFormatException(source, found, version, version);
    }
  }

  public int u8() throws CorruptionException {
    if (position >= end) {
      throw corrupt("a byte", "the end");
    }
    return bytes[position++] & 0xff;
  }

  public int u32() throws CorruptionException {
    require(end - position >= 4, "4 bytes", "the end");
    int value = 0;
    for (int shift = 0; shift < 32; shift += 8) {
      value |= (bytes[position++] & 0xff) << shift;
    }
    return value;
  }

  public long varint() throws CorruptionException {
    long value = 0;
    for (int shift = 0; shift <= VARINT_SHIFT_MAX; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7f) << shift;
      if (next < 0x80) {
        if (shift == VARINT_SHIFT_MAX && next > 1) {
          throw corrupt("a number of 64 bits", "more than 64 bits");
        }
        return value;
      }
    }
    throw corrupt("a number of 64 bits", "more than 10 bytes");
  }

  public long varint(long min, long max, String what) throws CorruptionException {
    long value = varint();
    if (value < min || value > max) {
      throw corrupt("%s from %d to %d".formatted(what, min, max), Long.toUnsignedString(value));
    }
    return value;
  }

  public long zigzag() throws CorruptionException {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  /**
   * A number of items of which each takes at least {@code bytesMin} bytes: bounded by what is
   * there.
   */
  public int count(int bytesMin) throws CorruptionException {
    return (int) varint(0, (end - position) / bytesMin, "number of items");
  }

  public void end() throws CorruptionException {
    require(position == end, "the end", (end - position) + " more bytes");
  }

  /** For what is not on a hot path: both texts are made whether needed or not. */
  public void require(boolean condition, String expected, String actual)
      throws CorruptionException {
    if (!condition) {
      throw corrupt(expected, actual);
    }
  }

  public CorruptionException corrupt(String expected, String actual) {
    return new CorruptionException(source, position, expected, actual);
  }
}
