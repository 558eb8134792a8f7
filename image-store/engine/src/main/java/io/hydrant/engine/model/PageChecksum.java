package io.hydrant.engine.model;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * A page's checksum: CRC32C over region (u32 LE), page number (u64 LE) and decoded content. Region
 * and number are part of it, so that a page served in another's place is found out.
 *
 * <p>Not safe for use by two threads at once.
 */
public final class PageChecksum {
  private static final int PREFIX_BYTES = 12;

  private final CRC32C crc = new CRC32C();
  private final byte[] prefix = new byte[PREFIX_BYTES];

  /**
   * @param content the decoded page from position to limit; its position moves to the limit
   */
  public int of(int region, long page, ByteBuffer content) {
    begin(region, page);
    crc.update(content);
    return (int) crc.getValue();
  }

  public int of(int region, long page, byte[] content, int offset, int length) {
    begin(region, page);
    crc.update(content, offset, length);
    return (int) crc.getValue();
  }

  private void begin(int region, long page) {
    crc.reset();
    for (int i = 0; i < 4; i++) {
      prefix[i] = (byte) (region >>> (8 * i));
    }
    for (int i = 0; i < 8; i++) {
      prefix[4 + i] = (byte) (page >>> (8 * i));
    }
    crc.update(prefix, 0, PREFIX_BYTES);
  }
}
