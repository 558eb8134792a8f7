package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;

/**
 * A segment of this life that takes records. It says where the next record goes and what the footer
 * must say; the bytes come through {@link #writePages}, in their own time. {@link #seal} ends it.
 *
 * <p>Positions change under the appender's lock; writing happens under its sync lock.
 */
final class OpenSegment implements Segment {
  private final SegmentFile file;
  private final StoreFile handle;
  private final LastPage lastPage = new LastPage();
  private final CRC32C recordsChecksum = new CRC32C();
  private final ByteBuffer scratch =
      ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private volatile int position = SegmentFormat.RECORDS_OFFSET;
  private int records;

  /**
   * A restart took its file from what ingest has to leave: nothing more goes in until that is
   * there.
   */
  private volatile boolean ofReserve;

  /**
   * @param handle in use until {@link #seal}
   */
  OpenSegment(SegmentFile file, StoreFile handle) {
    this.file = file;
    this.handle = handle;
  }

  @Override
  public SegmentFile file() {
    return file;
  }

  @Override
  public long usedBytes() {
    return position;
  }

  int number() {
    return file.number();
  }

  int lengthBytes() {
    return file.header().lengthBytes();
  }

  boolean isOfReserve() {
    return ofReserve;
  }

  void ofReserve(boolean of) {
    ofReserve = of;
  }

  /** Offset of the next record. */
  int position() {
    return position;
  }

  Placement next() {
    return new Placement(file.header().life(), position);
  }

  boolean fits(long recordBytes) {
    return position + recordBytes <= lengthBytes() - SegmentFormat.FOOTER_BYTES;
  }

  int free() {
    return lengthBytes() - SegmentFormat.FOOTER_BYTES - position;
  }

  /**
   * What may be appended.
   *
   * @param whole whether the reserve is
   */
  int free(boolean whole) {
    return whole || !ofReserve ? free() : 0;
  }

  /** Counts a record that goes to {@link #next}. */
  void appended(Frame frame) {
    scratch.clear().putInt(frame.headerChecksum()).flip();
    recordsChecksum.update(scratch);
    records++;
    position += frame.recordBytes();
  }

  void write(long offset, ByteBuffer bytes) throws IOException {
    handle.write(offset, bytes);
  }

  /** As {@link StoreFile#writePages}. */
  void writePages(long offset, ByteBuffer bytes) throws IOException {
    handle.writePages(offset, bytes);
  }

  /** Changes under the appender's lock. */
  LastPage lastPage() {
    return lastPage;
  }

  void sync() throws IOException {
    handle.sync();
  }

  /**
   * Writes footer and seal behind everything that was written, and syncs: the whole segment is
   * durable when this returns.
   *
   * @param durableThrough what of it is durable already
   */
  SealedSegment seal(int durableThrough) throws IOException {
    long life = file.header().life();
    int checksum = (int) recordsChecksum.getValue();
    ByteBuffer footer =
        ByteBuffer.allocateDirect(SegmentFormat.FOOTER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    new RecordCodec()
        .encodeFooter(
            footer,
            new Footer(records, position - SegmentFormat.RECORDS_OFFSET, checksum),
            next(),
            durableThrough);
    handle.write(position, footer.flip());
    SegmentSeal seal = new SegmentSeal(SegmentSeal.Reason.FOOTER, position, records, checksum);
    handle.write(SegmentFormat.SECTOR_BYTES, seal.encode(life));
    handle.sync();
    file.endUse();
    return new SealedSegment(file, position);
  }
}
