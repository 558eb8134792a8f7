package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Reads single records by their place, verified. Safe for use by many threads. */
final class RecordReader {
  /** Holds the header of a patch of 1 MiB in pages of 4 KiB. */
  private static final int HEADER_READ_BYTES = 4096;

  private final StoreFiles files;
  private final OpenHandles handles;

  RecordReader(StoreFiles files, OpenHandles handles) {
    this.files = files;
    this.handles = handles;
  }

  /** Header and page table of the record that begins at an offset. */
  LogRecord record(SegmentFile segment, int offset) throws IOException {
    Parsed parsed = parse(segment, offset, read(segment, offset, HEADER_READ_BYTES));
    if (parsed instanceof Parsed.Short more) {
      parsed = parse(segment, offset, read(segment, offset, more.bytes()));
    }
    return found(segment, offset, parsed).record();
  }

  /** The record's payload, in memory of its own. */
  ByteBuffer payload(SegmentFile segment, Appended place) throws IOException {
    int offset = place.record().offset();
    long bytes = place.end() - place.record().packed();
    if (bytes <= 0 || offset + bytes > segment.header().lengthBytes()) {
      throw new IllegalArgumentException("not the place of a record: " + place);
    }
    return payload(segment, offset, read(segment, offset, (int) bytes));
  }

  /**
   * @param whole the record's bytes, header first
   * @return its payload, a slice of {@code whole}
   */
  ByteBuffer payload(SegmentFile segment, int offset, ByteBuffer whole) throws CorruptionException {
    Frame frame = found(segment, offset, parse(segment, offset, whole)).frame();
    if (frame.headerBytes() + frame.payloadBytes() > whole.limit()) {
      throw corrupt(
          segment, offset, whole.limit() + " bytes", "a record of " + frame.recordBytes());
    }
    ByteBuffer payload = whole.slice(frame.headerBytes(), frame.payloadBytes());
    int actual = payloadChecksum(segment, offset, payload);
    if (actual != frame.payloadChecksum()) {
      throw corrupt(
          segment,
          offset + frame.headerBytes(),
          "payload checksum %#010x".formatted(frame.payloadChecksum()),
          "%#010x".formatted(actual));
    }
    return payload;
  }

  /** Whether the bytes of a record whose header is sound hold the payload that it names. */
  boolean isPayloadSound(SegmentFile segment, int offset, Frame frame, ByteBuffer whole) {
    return frame.headerBytes() + frame.payloadBytes() <= whole.limit()
        && payloadChecksum(segment, offset, whole.slice(frame.headerBytes(), frame.payloadBytes()))
            == frame.payloadChecksum();
  }

  private static int payloadChecksum(SegmentFile segment, int offset, ByteBuffer payload) {
    return new RecordCodec()
        .payloadChecksum(payload, new Placement(segment.header().life(), offset));
  }

  ByteBuffer read(SegmentFile segment, int offset, int bytes) throws IOException {
    int inFile = Math.max(0, segment.header().lengthBytes() - offset);
    ByteBuffer target = ByteBuffer.allocate(Math.min(bytes, inFile)).order(ByteOrder.LITTLE_ENDIAN);
    handles.read(segment, offset, target);
    return target.flip();
  }

  private Parsed parse(SegmentFile segment, int offset, ByteBuffer bytes) {
    Placement placement = new Placement(segment.header().life(), offset);
    return new RecordCodec().parse(bytes, 0, placement, segment.header().lengthBytes());
  }

  private Parsed.Found found(SegmentFile segment, int offset, Parsed parsed)
      throws CorruptionException {
    return switch (parsed) {
      case Parsed.Found found -> found;
      case Parsed.Bad bad -> throw corrupt(segment, offset, bad.expected(), bad.actual());
      case Parsed.End _ -> throw corrupt(segment, offset, "a record", "the segment's footer");
      case Parsed.Short _ -> throw corrupt(segment, offset, "a record", "the end of the file");
    };
  }

  private CorruptionException corrupt(
      SegmentFile segment, long offset, String expected, String actual) {
    return new CorruptionException(files.pathOf(segment.name()), offset, expected, actual);
  }
}
