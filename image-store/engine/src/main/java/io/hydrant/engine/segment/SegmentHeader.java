package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.model.StoreIdentity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Sector 0 of a segment: magic u64, kind u16, version u16, oldest reader u16, zero u16, cluster,
 * group and store (16 bytes each, as they are printed), number u32, length u32, life u64, durable
 * at birth u32, cut segment u32, cut end u32, begun beside u32, zeros, and in the last four bytes
 * CRC32C over everything before. Magic and checksum stay where they are in every version, so that
 * "too new" is never said of a damaged file.
 *
 * @param identity whose segment
 * @param number as in the file's name
 * @param lengthBytes of the file
 * @param life random; new whenever the file begins a new life
 * @param durableAtBirth end of the records that were durable before the file got its name
 * @param cut what the restart that made this segment did to the one before
 * @param begunBeside of a segment of survivors, the newest of ingest when it was begun: how old
 *     what it holds is, at least; 0 of one of ingest
 */
record SegmentHeader(
    StoreIdentity identity,
    int number,
    int lengthBytes,
    long life,
    int durableAtBirth,
    Optional<Cut> cut,
    int begunBeside) {

  /**
   * The tail of a segment of an earlier life has moved into this segment.
   *
   * @param segment which one
   * @param end where that segment's records end since then
   */
  record Cut(int segment, int end) {}

  /** "HYDRANT" and a line feed, which a transfer in text mode would spoil. */
  private static final long MAGIC = 0x0a54_4e41_5244_5948L;

  private static final int KIND_SEGMENT = 1;
  private static final int CHECKSUM_OFFSET = SegmentFormat.SECTOR_BYTES - Integer.BYTES;

  /** The whole header block: the header and no seal. */
  ByteBuffer encode() {
    ByteBuffer block =
        ByteBuffer.allocateDirect(SegmentFormat.HEADER_BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    block.putLong(MAGIC);
    block.putShort((short) KIND_SEGMENT);
    block.putShort((short) SegmentFormat.VERSION);
    block.putShort((short) SegmentFormat.VERSION_READER_MIN);
    block.putShort((short) 0);
    put(block, identity.cluster());
    put(block, identity.group());
    put(block, identity.store());
    block.putInt(number).putInt(lengthBytes).putLong(life).putInt(durableAtBirth);
    block.putInt(cut.map(Cut::segment).orElse(0)).putInt(cut.map(Cut::end).orElse(0));
    block.putInt(begunBeside);
    block.putInt(CHECKSUM_OFFSET, checksum(block));
    return block.clear();
  }

  /**
   * @param block the header block, from position 0
   * @param path for messages
   * @throws CorruptionException if the bytes are no segment header or were damaged
   * @throws UnsupportedFormatException if the version is outside of what is read here
   */
  static SegmentHeader decode(ByteBuffer block, String path)
      throws CorruptionException, UnsupportedFormatException {
    ByteBuffer in = block.duplicate().order(ByteOrder.LITTLE_ENDIAN).clear();
    if (block.limit() < SegmentFormat.HEADER_BLOCK_BYTES) {
      throw new CorruptionException(
          path, 0, SegmentFormat.HEADER_BLOCK_BYTES + " header bytes", block.limit() + " bytes");
    }
    long magic = in.getLong();
    if (magic != MAGIC) {
      throw new CorruptionException(path, 0, hex(MAGIC) + " (a segment)", hex(magic));
    }
    int expected = in.getInt(CHECKSUM_OFFSET);
    int actual = checksum(in);
    if (expected != actual) {
      throw new CorruptionException(
          path, 0, "header checksum " + hex(expected), "bytes with checksum " + hex(actual));
    }
    int kind = in.getShort() & 0xffff;
    int version = in.getShort() & 0xffff;
    int readerMin = in.getShort() & 0xffff;
    in.getShort();
    if (readerMin > SegmentFormat.VERSION || version < SegmentFormat.VERSION_READ_MIN) {
      throw new UnsupportedFormatException(
          path, version, SegmentFormat.VERSION_READ_MIN, SegmentFormat.VERSION);
    }
    if (kind != KIND_SEGMENT) {
      throw new CorruptionException(path, 8, "kind " + KIND_SEGMENT, "kind " + kind);
    }
    return fields(in, path);
  }

  private static SegmentHeader fields(ByteBuffer in, String path) throws CorruptionException {
    StoreIdentity identity = new StoreIdentity(uuid(in), uuid(in), uuid(in));
    int number = in.getInt();
    int length = in.getInt();
    long life = in.getLong();
    int durableAtBirth = in.getInt();
    int cutSegment = in.getInt();
    int cutEnd = in.getInt();
    int begunBeside = in.getInt();
    if (number <= 0
        || length < SegmentFormat.RECORDS_OFFSET + SegmentFormat.FOOTER_BYTES
        || durableAtBirth < SegmentFormat.RECORDS_OFFSET
        || durableAtBirth > length
        || cutSegment < 0
        || cutSegment >= number
        || cutSegment > 0 && cutEnd < SegmentFormat.RECORDS_OFFSET
        || begunBeside < 0
        || SegmentFormat.isOfSurvivors(begunBeside)) {
      throw new CorruptionException(
          path,
          0,
          "a header with sound fields",
          "number %d, length %d, durable at birth %d, cut %d at %d, begun beside %d"
              .formatted(number, length, durableAtBirth, cutSegment, cutEnd, begunBeside));
    }
    Optional<Cut> cut =
        cutSegment == 0 ? Optional.empty() : Optional.of(new Cut(cutSegment, cutEnd));
    return new SegmentHeader(identity, number, length, life, durableAtBirth, cut, begunBeside);
  }

  /** Number of the newest segment of ingest when this one was begun: tells how old it is. */
  int birth() {
    return SegmentFormat.isOfSurvivors(number) ? begunBeside : number;
  }

  /** Refuses a segment of another store. */
  void requireIdentity(StoreIdentity ours, String path) throws WrongIdentityException {
    requireSame(path, "cluster", ours.cluster(), identity.cluster());
    requireSame(path, "group", ours.group(), identity.group());
    requireSame(path, "store", ours.store(), identity.store());
  }

  private static void requireSame(String path, String what, UUID ours, UUID its)
      throws WrongIdentityException {
    if (!ours.equals(its)) {
      throw new WrongIdentityException(path, what, ours, its);
    }
  }

  private static int checksum(ByteBuffer block) {
    CRC32C crc = new CRC32C();
    crc.update(block.duplicate().clear().limit(CHECKSUM_OFFSET));
    return (int) crc.getValue();
  }

  private static void put(ByteBuffer block, UUID uuid) {
    block.putLong(Long.reverseBytes(uuid.getMostSignificantBits()));
    block.putLong(Long.reverseBytes(uuid.getLeastSignificantBits()));
  }

  private static UUID uuid(ByteBuffer in) {
    return new UUID(Long.reverseBytes(in.getLong()), Long.reverseBytes(in.getLong()));
  }

  private static String hex(long value) {
    return "%#018x".formatted(value);
  }

  private static String hex(int value) {
    return "%#010x".formatted(value);
  }
}
