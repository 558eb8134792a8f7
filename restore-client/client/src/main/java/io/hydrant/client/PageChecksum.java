package io.hydrant.client;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A page's checksum: CRC32C over region (u32 LE), page number (u64 LE) and decoded content
 * (docs/formats/digest.md). Made once, where the page comes from, and checked where it goes to.
 *
 * <p>Not safe for use by two threads at once.
 */
public final class PageChecksum {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
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
    INT.set(prefix, 0, region);
    LONG.set(prefix, 4, page);
    crc.update(prefix, 0, PREFIX_BYTES);
  }
}
