package io.hydrant.engine.segment;

import io.hydrant.engine.model.Address;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Walks a sealed segment from its first record to its end. Everything in it was durable before the
 * next segment got its name, so whatever is wrong is corruption.
 */
final class SealedScan {
  private final RecordScanner scanner;
  private final SegmentFile segment;
  private final Optional<SegmentSeal> seal;
  private final CRC32C recordsChecksum = new CRC32C();
  private int records;

  /**
   * @param seal empty if it was not readable: then the footer must say where the end is
   */
  SealedScan(OpenHandles handles, SegmentFile segment, String path, Optional<SegmentSeal> seal) {
    this.scanner = new RecordScanner(handles, segment, path);
    this.segment = segment;
    this.seal = seal;
  }

  /**
   * @param from records before this offset are not shown to the visitor
   * @return where the records end
   */
  int scan(int from, SegmentLog.RecoveredRecords visitor) throws IOException {
    int offset = SegmentFormat.RECORDS_OFFSET;
    while (!isCutAt(offset)) {
      switch (scanner.at(offset)) {
        case Parsed.Found found -> {
          if (offset >= from) {
            visitor.record(found.record(), place(segment, offset, found.frame()));
          }
          count(found.frame());
          offset += found.frame().recordBytes();
        }
        case Parsed.End end -> {
          requireFooter(offset, end.footer());
          return offset;
        }
        case Parsed.Bad bad -> throw scanner.corrupt(offset, bad);
        case Parsed.Short _ -> throw new IllegalStateException("scanners widen their window");
      }
    }
    return offset;
  }

  private boolean isCutAt(int offset) {
    return seal.isPresent()
        && seal.get().reason() == SegmentSeal.Reason.RESTART
        && offset == seal.get().end();
  }

  private void count(Frame frame) {
    records++;
    recordsChecksum.update(
        ByteBuffer.allocate(Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(frame.headerChecksum())
            .flip());
  }

  private void requireFooter(int offset, Footer footer) throws IOException {
    Footer counted =
        new Footer(
            records, offset - SegmentFormat.RECORDS_OFFSET, (int) recordsChecksum.getValue());
    if (!footer.equals(counted)) {
      throw scanner.corrupt(offset, footer.toString(), counted.toString());
    }
    if (seal.isPresent() && seal.get().end() != offset) {
      throw scanner.corrupt(offset, "the end at " + seal.get().end(), "a footer");
    }
  }

  static Appended place(SegmentFile segment, int offset, Frame frame) {
    Address record = new Address(segment.number(), offset);
    return new Appended(
        record, record.plus(frame.headerBytes()), record.plus(frame.recordBytes()).packed());
  }
}
