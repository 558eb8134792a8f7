package io.hydrant.engine.catalog;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * The first 104 bytes of a catalog file. Its shape is the same in every version, so that a damaged
 * file is never taken for one of a newer Hydrant: its checksum is checked before its version.
 *
 * <pre>
 *   0 magic u64          12 reserved u32     64 term i64     80 payload length i64
 *   8 version u16        16 cluster uuid     72 index i64    88 payload CRC32C u32
 *  10 readable since u16 32 group uuid                       92 reserved u64
 *                        48 store uuid                      100 CRC32C of the bytes before, u32
 * </pre>
 */
record CatalogFileHeader(
    String path,
    StoreIdentity identity,
    EntryPosition position,
    int payloadBytes,
    int payloadChecksum) {

  static final int BYTES = 104;

  /** "HYCATFIL" as the bytes lie in the file. */
  private static final long MAGIC = 0x4c49465441435948L;

  private static final int PAYLOAD_BYTES_OFFSET = 80;
  private static final int PAYLOAD_CHECKSUM_OFFSET = 88;
  private static final int CHECKSUM_OFFSET = 100;

  static byte[] of(byte[] payload, EntryPosition position, StoreIdentity identity) {
    return new ByteWriter()
        .i64(MAGIC)
        .u16(CatalogFormat.VERSION)
        .u16(CatalogFormat.READABLE_SINCE)
        .u32(0)
        .uuid(identity.cluster())
        .uuid(identity.group())
        .uuid(identity.store())
        .i64(position.term())
        .i64(position.index())
        .i64(payload.length)
        .u32(checksum(payload, payload.length))
        .i64(0)
        .checksum()
        .toBytes();
  }

  /** Reads and checks all that can be checked without knowing whose file it should be. */
  static CatalogFileHeader read(StoreFile file) throws IOException {
    ByteBuffer in = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    int got = file.read(0, in);
    if (got < BYTES) {
      throw corruption(file, 0, "a header of " + BYTES + " bytes", got + " bytes");
    }
    in.flip();
    if (in.getLong(0) != MAGIC) {
      throw corruption(file, 0, hex(MAGIC), hex(in.getLong(0)));
    }
    int stored = in.getInt(CHECKSUM_OFFSET);
    int actual = checksum(in.array(), CHECKSUM_OFFSET);
    if (stored != actual) {
      throw corruption(file, CHECKSUM_OFFSET, "checksum " + hex(stored), hex(actual));
    }
    int version = in.getShort(8) & 0xffff;
    if (!CatalogFormat.isReadable(version, in.getShort(10) & 0xffff)) {
      throw new UnsupportedFormatException(
          file.path(), version, CatalogFormat.OLDEST, CatalogFormat.VERSION);
    }
    long payloadBytes = in.getLong(PAYLOAD_BYTES_OFFSET);
    if (payloadBytes != file.size() - BYTES || payloadBytes > Integer.MAX_VALUE - 16) {
      throw corruption(
          file, PAYLOAD_BYTES_OFFSET, BYTES + payloadBytes + " bytes", file.size() + " bytes");
    }
    return new CatalogFileHeader(
        file.path(),
        new StoreIdentity(uuid(in, 16), uuid(in, 32), uuid(in, 48)),
        new EntryPosition(in.getLong(64), in.getLong(72)),
        (int) payloadBytes,
        in.getInt(PAYLOAD_CHECKSUM_OFFSET));
  }

  void checkIdentity(StoreIdentity expected) throws WrongIdentityException {
    check("cluster", expected.cluster(), identity.cluster());
    check("group", expected.group(), identity.group());
    check("store", expected.store(), identity.store());
  }

  void checkPosition(EntryPosition expected) throws CorruptionException {
    if (!position.equals(expected)) {
      throw new CorruptionException(path, 64, expected.toString(), position.toString());
    }
  }

  byte[] payload(StoreFile file) throws IOException {
    byte[] payload = new byte[payloadBytes];
    int got = file.read(BYTES, ByteBuffer.wrap(payload));
    int actual = checksum(payload, got);
    if (got < payloadBytes || actual != payloadChecksum) {
      throw corruption(
          file,
          BYTES,
          "%d bytes with checksum %s".formatted(payloadBytes, hex(payloadChecksum)),
          "%d bytes with checksum %s".formatted(got, hex(actual)));
    }
    return payload;
  }

  private void check(String what, UUID expected, UUID actual) throws WrongIdentityException {
    if (!expected.equals(actual)) {
      throw new WrongIdentityException(path, what, expected, actual);
    }
  }

  private static CorruptionException corruption(
      StoreFile file, long offset, String expected, String actual) {
    return new CorruptionException(file.path(), offset, expected, actual);
  }

  private static int checksum(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return (int) crc.getValue();
  }

  private static UUID uuid(ByteBuffer in, int offset) {
    return new UUID(in.getLong(offset), in.getLong(offset + 8));
  }

  private static String hex(long value) {
    return "%016x".formatted(value);
  }

  private static String hex(int value) {
    return "%08x".formatted(value);
  }
}
