package io.hydrant.engine.segment;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Sector 1 of a segment: magic u32, checksum u32 (CRC32C over the segment's life and the rest of
 * the sector), reason u32, end u32, records u32, records checksum u32, zeros. Absent (zeros) while
 * the segment is open. It says where the segment ends without a walk through its records.
 *
 * @param reason how the segment came to its end
 * @param end behind its last record; a footer begins there if it was sealed alive
 * @param records how many, as in the footer; 0 after a restart
 * @param recordsChecksum as in the footer; 0 after a restart
 */
record SegmentSeal(Reason reason, int end, int records, int recordsChecksum) {
  enum Reason {
    /** It was full, or the log was closed. */
    FOOTER(1),
    /** A restart found it open and moved what was not provably durable. */
    RESTART(2);

    private final int code;

    Reason(int code) {
      this.code = code;
    }
  }

  /** "HSEA". */
  private static final int MAGIC = 0x4145_5348;

  private static final int CHECKED_OFFSET = 8;

  /** One sector. */
  ByteBuffer encode(long life) {
    ByteBuffer sector =
        ByteBuffer.allocateDirect(SegmentFormat.SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    sector.putInt(MAGIC).putInt(0);
    sector.putInt(reason.code).putInt(end).putInt(records).putInt(recordsChecksum);
    sector.clear();
    sector.putInt(Integer.BYTES, checksum(sector, life));
    return sector;
  }

  /**
   * @param block the header block, from position 0
   * @return empty if the segment is open, or the sector belongs to a former life or is torn
   */
  static Optional<SegmentSeal> decode(ByteBuffer block, SegmentHeader header) {
    ByteBuffer sector =
        block
            .duplicate()
            .clear()
            .slice(SegmentFormat.SECTOR_BYTES, SegmentFormat.SECTOR_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    if (sector.getInt(0) != MAGIC
        || sector.getInt(Integer.BYTES) != checksum(sector, header.life())) {
      return Optional.empty();
    }
    int code = sector.getInt(8);
    int end = sector.getInt(12);
    if (end < SegmentFormat.RECORDS_OFFSET || end > header.lengthBytes()) {
      return Optional.empty();
    }
    for (Reason reason : Reason.values()) {
      if (reason.code == code) {
        return Optional.of(new SegmentSeal(reason, end, sector.getInt(16), sector.getInt(20)));
      }
    }
    return Optional.empty();
  }

  private static int checksum(ByteBuffer sector, long life) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(life).flip());
    crc.update(sector.duplicate().clear().position(CHECKED_OFFSET));
    return (int) crc.getValue();
  }
}
