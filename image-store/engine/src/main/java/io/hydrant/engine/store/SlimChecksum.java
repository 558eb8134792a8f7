package io.hydrant.engine.store;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Checksum of a chunk of slim state: CRC32C over "slim" (4 ASCII bytes), offset (u64 LE) and the
 * bytes.
 */
final class SlimChecksum {
  private static final int MARK = 's' | 'l' << 8 | 'i' << 16 | 'm' << 24;

  private SlimChecksum() {}

  static int of(long offset, ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN).putInt(MARK).putLong(offset).flip());
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
