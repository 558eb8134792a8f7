package io.hydrant.engine.segment;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * Records to bytes and back, as {@link SegmentFormat} draws them. Any bytes give a record or {@link
 * Parsed.Bad}; what is allocated is bounded by the length of the window that was handed in.
 *
 * <p>Not safe for use by two threads at once.
 */
final class RecordCodec {
  /** "HREC". */
  static final int MAGIC = 0x4345_5248;

  private static final int VERSION = 1;

  /**
   * Those for page digests (1) and encryption (2) are reserved: no writer of this version sets
   * them.
   */
  private static final int FLAGS_KNOWN = 0;

  private static final int TAG = 4;
  private static final int HEADER_CHECKSUM = 8;
  private static final int KIND = 12;
  private static final int RECORD_VERSION = 13;
  private static final int FLAGS = 14;
  private static final int HEADER_BYTES = 16;
  private static final int PAYLOAD_BYTES = 20;
  private static final int PAYLOAD_CHECKSUM = 24;
  private static final int DURABLE_THROUGH = 28;
  private static final int TABLE = SegmentFormat.RECORD_FIXED_BYTES;

  /** An odd constant without structure (2^64 divided by the golden ratio). */
  private static final long SCRAMBLE = 0x9e37_79b9_7f4a_7c15L;

  private final CRC32C crc = new CRC32C();
  private final ByteBuffer seed =
      ByteBuffer.allocate(Long.BYTES + Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);

  /** Header bytes of a record that is about to be appended. */
  static int headerBytes(LogRecord record) {
    return RecordContent.headerBytes(record);
  }

  /** All bytes of it, padding included; long, because the sum may not fit an int. */
  static long recordBytes(LogRecord record) {
    long bytes = (long) headerBytes(record) + record.payloadBytes();
    return (bytes + SegmentFormat.RECORD_ALIGNMENT - 1) & -SegmentFormat.RECORD_ALIGNMENT;
  }

  /**
   * Puts a whole record at the target's position and moves it behind the padding.
   *
   * @param target little-endian, with room enough
   * @param payload from position to limit; left as it is
   */
  Frame encode(
      ByteBuffer target,
      LogRecord record,
      ByteBuffer payload,
      Placement placement,
      int durableThrough) {
    int start = target.position();
    int headerBytes = headerBytes(record);
    int payloadStart = start + headerBytes;
    target.position(payloadStart);
    target.put(payload.duplicate());
    int payloadEnd = target.position();
    // Over the copy: it is in the cache, and a source on the heap that is read-only would be copied
    // again.
    int payloadChecksum =
        payloadChecksum(target.duplicate().position(payloadStart).limit(payloadEnd), placement);
    while ((target.position() - start) % SegmentFormat.RECORD_ALIGNMENT != 0) {
      target.put((byte) 0);
    }
    int end = target.position();
    target.position(start);
    Frame frame = encodeHeader(target, record, payloadChecksum, placement, durableThrough);
    target.position(end);
    return frame;
  }

  /** Puts header and page table at the target's position and moves it behind them. */
  Frame encodeHeader(
      ByteBuffer target,
      LogRecord record,
      int payloadChecksum,
      Placement placement,
      int durableThrough) {
    int at = target.position();
    int headerBytes = headerBytes(record);
    clearFixed(target, at);
    target.putInt(at + PAYLOAD_BYTES, record.payloadBytes());
    target.putInt(at + PAYLOAD_CHECKSUM, payloadChecksum);
    target.putLong(at + RecordContent.IMAGE, record.key().image().value());
    target.putLong(at + RecordContent.CHECKPOINT, record.key().checkpoint().value());
    target.putLong(at + RecordContent.EPOCH, record.epoch().value());
    RecordContent.put(target, at, record);
    int checksum = finish(target, at, record.kind(), headerBytes, placement, durableThrough);
    target.position(at + headerBytes);
    return new Frame(headerBytes, record.payloadBytes(), checksum, payloadChecksum, durableThrough);
  }

  /** Puts the footer at the target's position and moves it behind it. */
  void encodeFooter(ByteBuffer target, Footer footer, Placement placement, int durableThrough) {
    int at = target.position();
    clearFixed(target, at);
    target.putInt(at + RecordContent.NUMBER, footer.records());
    target.putInt(at + RecordContent.CHECKSUM, footer.recordsChecksum());
    target.putLong(at + RecordContent.OFFSET, footer.recordBytes());
    finish(target, at, RecordKind.FOOTER, TABLE, placement, durableThrough);
    target.position(at + TABLE);
  }

  private static void clearFixed(ByteBuffer target, int at) {
    for (int offset = 0; offset < TABLE; offset += Long.BYTES) {
      target.putLong(at + offset, 0);
    }
  }

  private int finish(
      ByteBuffer target,
      int at,
      RecordKind kind,
      int headerBytes,
      Placement placement,
      int durableThrough) {
    target.putInt(at, MAGIC);
    target.putInt(at + TAG, tag(placement.life()));
    target.put(at + KIND, (byte) kind.code());
    target.put(at + RECORD_VERSION, (byte) VERSION);
    target.putInt(at + HEADER_BYTES, headerBytes);
    target.putInt(at + DURABLE_THROUGH, durableThrough);
    int checksum = headerChecksum(target, at, headerBytes, placement);
    target.putInt(at + HEADER_CHECKSUM, checksum);
    return checksum;
  }

  /** The first eight bytes of every record of a life, as a little-endian long. */
  static long signature(long life) {
    return (long) tag(life) << 32 | MAGIC;
  }

  private static int tag(long life) {
    return (int) life;
  }

  /** Checksum of a payload, from position to limit; the buffer is left as it is. */
  int payloadChecksum(ByteBuffer payload, Placement placement) {
    // Another function of life and offset than in the header's checksum: CRCs are linear, so with
    // the same
    // one a pair of lives for which the one check is blind would blind the other too.
    seed.clear().putLong((placement.life() ^ placement.offset()) * SCRAMBLE).flip();
    crc.reset();
    crc.update(seed);
    crc.update(payload.duplicate());
    return (int) crc.getValue();
  }

  private int headerChecksum(ByteBuffer bytes, int at, int headerBytes, Placement placement) {
    seed.clear().putLong(placement.life()).putInt(placement.offset()).flip();
    crc.reset();
    crc.update(seed);
    crc.update(bytes.duplicate().limit(at + headerBytes).position(at + KIND));
    return (int) crc.getValue();
  }

  /**
   * All bytes of the record that begins at {@code at}, as its length fields say, sound or not;
   * {@link Integer#MAX_VALUE} if they cannot be so.
   */
  static long claimedBytes(ByteBuffer window, int at) {
    int headerBytes = window.getInt(at + HEADER_BYTES);
    int payloadBytes = window.getInt(at + PAYLOAD_BYTES);
    if (headerBytes < TABLE
        || headerBytes > SegmentFormat.RECORD_HEADER_BYTES_MAX
        || payloadBytes < 0) {
      return Integer.MAX_VALUE;
    }
    long bytes = (long) headerBytes + payloadBytes;
    return (bytes + SegmentFormat.RECORD_ALIGNMENT - 1) & -SegmentFormat.RECORD_ALIGNMENT;
  }

  /**
   * Reads the header and page table at {@code at}.
   *
   * @param window little-endian; ends at its limit
   * @param end first offset of the segment that no record may reach
   */
  Parsed parse(ByteBuffer window, int at, Placement placement, int end) {
    int available = window.limit() - at;
    if (end - placement.offset() < TABLE) {
      return new Parsed.Bad("a record", "the end of the segment");
    }
    if (available < TABLE) {
      return new Parsed.Short(TABLE);
    }
    long signature = window.getLong(at);
    if (signature != signature(placement.life())) {
      return new Parsed.Bad(
          "record signature %#018x".formatted(signature(placement.life())),
          "%#018x".formatted(signature));
    }
    int headerBytes = window.getInt(at + HEADER_BYTES);
    int payloadBytes = window.getInt(at + PAYLOAD_BYTES);
    if (headerBytes < TABLE
        || headerBytes > SegmentFormat.RECORD_HEADER_BYTES_MAX
        || payloadBytes < 0
        || (long) placement.offset() + headerBytes + payloadBytes > end) {
      return new Parsed.Bad(
          "lengths within the segment",
          "header of %d and payload of %d bytes".formatted(headerBytes, payloadBytes));
    }
    if (available < headerBytes) {
      return new Parsed.Short(headerBytes);
    }
    int expected = window.getInt(at + HEADER_CHECKSUM);
    int actual = headerChecksum(window, at, headerBytes, placement);
    if (expected != actual) {
      return new Parsed.Bad(
          "record header checksum %#010x".formatted(expected), "%#010x".formatted(actual));
    }
    Frame frame =
        new Frame(
            headerBytes,
            payloadBytes,
            expected,
            window.getInt(at + PAYLOAD_CHECKSUM),
            window.getInt(at + DURABLE_THROUGH));
    return content(window, at, placement, frame);
  }

  private static Parsed content(ByteBuffer window, int at, Placement placement, Frame frame) {
    int version = window.get(at + RECORD_VERSION);
    int flags = window.getShort(at + FLAGS) & 0xffff;
    int durableThrough = frame.durableThrough();
    if (version != VERSION || flags != FLAGS_KNOWN) {
      return new Parsed.Bad(
          "record version 1 without flags", "version %d, flags %d".formatted(version, flags));
    }
    if (durableThrough < SegmentFormat.RECORDS_OFFSET || durableThrough > placement.offset()) {
      return new Parsed.Bad("durable bytes before the record", "offset " + durableThrough);
    }
    int kind = window.get(at + KIND);
    try {
      return RecordContent.parse(kind, window, at, frame);
    } catch (IllegalArgumentException unsound) {
      return new Parsed.Bad("a sound record", String.valueOf(unsound.getMessage()));
    }
  }
}
