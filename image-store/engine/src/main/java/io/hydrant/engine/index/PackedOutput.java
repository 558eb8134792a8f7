package io.hydrant.engine.index;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Writes a stored value: version u8, body, CRC32C (u32 LE) of all before it. Numbers are unsigned
 * LEB128 varints; signed ones are zigzagged first.
 */
public final class PackedOutput {
  static final int CHECKSUM_BYTES = 4;

  private byte[] bytes;
  private int end;

  public PackedOutput(int version, int bytesExpected) {
    this.bytes = new byte[bytesExpected];
    u8(version);
  }

  /** Makes room, so that the following writes of up to {@code count} bytes need not look. */
  public void reserve(int count) {
    if (bytes.length - end < count) {
      bytes = Arrays.copyOf(bytes, Math.max(end + count, 2 * bytes.length));
    }
  }

  public void u8(int value) {
    reserve(1);
    bytes[end++] = (byte) value;
  }

  public void u32(int value) {
    reserve(4);
    for (int shift = 0; shift < 32; shift += 8) {
      bytes[end++] = (byte) (value >>> shift);
    }
  }

  public void varint(long value) {
    reserve(10);
    long rest = value;
    while ((rest & ~0x7fL) != 0) {
      bytes[end++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[end++] = (byte) rest;
  }

  public void zigzag(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  public byte[] finish() {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, end);
    byte[] all = Arrays.copyOf(bytes, end + CHECKSUM_BYTES);
    ByteBuffer.wrap(all).order(ByteOrder.LITTLE_ENDIAN).putInt(end, (int) crc.getValue());
    return all;
  }
}
