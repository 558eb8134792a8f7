package io.hydrant.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** Checksum of a chunk of slim state: CRC32C over "slim" (ASCII), offset (u64 LE) and the bytes. */
public final class SlimChecksum {
  private static final byte[] MARK = "slim".getBytes(StandardCharsets.US_ASCII);

  private SlimChecksum() {}

  /**
   * @param offset of the chunk in the slim state
   * @param content the chunk from position to limit; its position does not move
   */
  public static int of(long offset, ByteBuffer content) {
    CRC32C crc = new CRC32C();
    crc.update(MARK);
    crc.update(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(offset).flip());
    crc.update(content.duplicate());
    return (int) crc.getValue();
  }
}
