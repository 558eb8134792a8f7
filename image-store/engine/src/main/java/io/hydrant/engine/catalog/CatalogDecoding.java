package io.hydrant.engine.catalog;

import static io.hydrant.engine.catalog.ByteReader.check;

import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.SessionId;
import java.util.Arrays;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * Reads a catalog from bytes that may be anything. What it accepts holds all invariants on which
 * applying relies, and is exactly what encoding it gives again.
 */
final class CatalogDecoding {
  private CatalogDecoding() {}

  static Catalog decode(byte[] bytes) throws MalformedCatalogException {
    int length = checkedLength(bytes);
    ByteReader in = new ByteReader(bytes, length);
    int version = readFormat(in);
    EntryPosition applied =
        new EntryPosition(
            in.i64("term", 0, Long.MAX_VALUE),
            in.i64("applied index", -1, CatalogFormat.INDEX_MAX));
    long millis = in.i64("catalog time", 0, Long.MAX_VALUE);
    // Counters move by one an entry, so that a later entry can never overflow them.
    long nextImage = in.i64("next image uid", 1, entries(applied) + 1);
    CatalogTables tables = new CatalogTables(applied, millis, nextImage);
    readImages(in, version, tables);
    check(in.atEnd(), "bytes behind the last image");
    Catalog catalog = new Catalog(tables);
    // The bytes of another version say the same in other words.
    check(
        version != CatalogFormat.VERSION || Arrays.equals(catalog.encode(), bytes),
        "the encoding is not the canonical one");
    return catalog;
  }

  /** Upper bound of the number of entries applied. */
  static long entries(EntryPosition applied) {
    return applied.index() + 1;
  }

  private static int checkedLength(byte[] bytes) throws MalformedCatalogException {
    int length = bytes.length - CatalogFormat.CHECKSUM_BYTES;
    check(length >= CatalogFormat.HEADER_BYTES, "%d bytes are too short", bytes.length);
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    int stored = new ByteReader(Arrays.copyOfRange(bytes, length, bytes.length), 4).i32("checksum");
    check(
        stored == (int) crc.getValue(),
        "checksum %08x expected, %08x found",
        stored,
        (int) crc.getValue());
    return length;
  }

  private static int readFormat(ByteReader in) throws MalformedCatalogException {
    long magic = in.i64("magic");
    check(magic == CatalogFormat.MAGIC, "magic %016x is not a catalog's", magic);
    int version = in.u16("format version");
    int readableSince = in.u16("oldest reader");
    check(
        CatalogFormat.isReadable(version, readableSince),
        "format version %d (for readers from %d on) is not among %d to %d",
        version,
        readableSince,
        CatalogFormat.OLDEST,
        CatalogFormat.VERSION);
    return version;
  }

  private static void readImages(ByteReader in, int version, CatalogTables tables)
      throws MalformedCatalogException {
    int count = in.count("images", CatalogFormat.IMAGE_BYTES_MIN, CatalogLimits.IMAGES_MAX);
    long previous = 0;
    SortedSet<SessionId> sessions = new TreeSet<>();
    for (int i = 0; i < count; i++) {
      ImageRecord image = new ImageDecoding(in, version, tables.applied(), tables.millis()).image();
      long uid = image.id().value();
      check(uid > previous && uid < tables.nextImage(), "image uid %d is out of order", uid);
      check(tables.named(image.name()).isEmpty(), "image name %s is there twice", image.name());
      for (SessionId session : image.sessions().keySet()) {
        check(sessions.add(session), "session %d is there twice", session.value());
      }
      tables.restore(image);
      previous = uid;
    }
  }
}
