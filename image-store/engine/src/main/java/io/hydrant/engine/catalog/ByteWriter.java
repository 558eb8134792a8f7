package io.hydrant.engine.catalog;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.UUID;
import java.util.zip.CRC32C;

/** Little-endian bytes that grow. */
final class ByteWriter {
  private static final int FIRST_BYTES = 4_096;

  private ByteBuffer bytes = ByteBuffer.allocate(FIRST_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  ByteWriter u8(int value) {
    room(1).put((byte) value);
    return this;
  }

  ByteWriter u16(int value) {
    room(2).putShort((short) value);
    return this;
  }

  ByteWriter u32(int value) {
    room(4).putInt(value);
    return this;
  }

  ByteWriter i64(long value) {
    room(8).putLong(value);
    return this;
  }

  ByteWriter uuid(UUID value) {
    return i64(value.getMostSignificantBits()).i64(value.getLeastSignificantBits());
  }

  ByteWriter raw(byte[] value) {
    room(value.length).put(value);
    return this;
  }

  /** At most 255 bytes, length first. */
  ByteWriter text(byte[] value) {
    return u8(value.length).raw(value);
  }

  /** CRC32C of all bytes so far. */
  ByteWriter checksum() {
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, bytes.position());
    return u32((int) crc.getValue());
  }

  byte[] toBytes() {
    return Arrays.copyOf(bytes.array(), bytes.position());
  }

  private ByteBuffer room(int count) {
    if (bytes.remaining() < count) {
      // Doubling; beyond 2 GiB the sum overflows and the exception says so.
      int wanted = Math.addExact(bytes.position(), count);
      int capacity = (int) Math.min(Integer.MAX_VALUE - 16, Math.max(wanted, 2L * wanted));
      bytes =
          ByteBuffer.wrap(Arrays.copyOf(bytes.array(), capacity))
              .order(ByteOrder.LITTLE_ENDIAN)
              .position(bytes.position());
    }
    return bytes;
  }
}
