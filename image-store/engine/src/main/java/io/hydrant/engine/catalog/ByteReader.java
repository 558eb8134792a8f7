package io.hydrant.engine.catalog;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** Little-endian bytes that may be anything: every read is checked. */
final class ByteReader {
  private final ByteBuffer bytes;

  ByteReader(byte[] bytes, int length) {
    this.bytes = ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.LITTLE_ENDIAN);
  }

  int u8(String what) throws MalformedCatalogException {
    return need(1, what).get() & 0xff;
  }

  int u16(String what) throws MalformedCatalogException {
    return need(2, what).getShort() & 0xffff;
  }

  int i32(String what) throws MalformedCatalogException {
    return need(4, what).getInt();
  }

  long i64(String what) throws MalformedCatalogException {
    return need(8, what).getLong();
  }

  /** A number from low to high, both inclusive. */
  long i64(String what, long low, long high) throws MalformedCatalogException {
    long value = i64(what);
    check(value >= low && value <= high, "%s %d is not %d to %d", what, value, low, high);
    return value;
  }

  UUID uuid(String what) throws MalformedCatalogException {
    return new UUID(i64(what), i64(what));
  }

  byte[] raw(int count, String what) throws MalformedCatalogException {
    ByteBuffer source = need(count, what);
    byte[] value = new byte[count];
    source.get(value);
    return value;
  }

  String text(String what) throws MalformedCatalogException {
    byte[] utf8 = raw(u8(what), what);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw new MalformedCatalogException(what + " is not UTF-8");
    }
  }

  /**
   * A count of elements, of which each takes at least so many bytes: bounds what the reader
   * allocates.
   */
  int count(String what, int elementBytesMin, int max) throws MalformedCatalogException {
    long count = i32(what) & 0xffff_ffffL;
    check(
        count <= max && count * elementBytesMin <= bytes.remaining(),
        "%d %s, but at most %d, in %d bytes left",
        count,
        what,
        max,
        bytes.remaining());
    return (int) count;
  }

  boolean atEnd() {
    return !bytes.hasRemaining();
  }

  static void check(boolean holds, String message, Object... arguments)
      throws MalformedCatalogException {
    if (!holds) {
      throw new MalformedCatalogException(message.formatted(arguments));
    }
  }

  private ByteBuffer need(int count, String what) throws MalformedCatalogException {
    if (bytes.remaining() < count) {
      throw new MalformedCatalogException(
          "%s: %d bytes wanted at offset %d, %d left"
              .formatted(what, count, bytes.position(), bytes.remaining()));
    }
    return bytes;
  }
}
