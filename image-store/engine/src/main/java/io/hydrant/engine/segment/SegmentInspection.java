package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Reads one segment file on its own, without its log and without changing anything: for people who
 * look into a store that does not run. Verifies every checksum that a segment has by itself;
 * whether pages decode to what the protector sent is for a running store to say.
 */
public final class SegmentInspection {
  private final String path;
  private final SegmentHeader header;
  private final Optional<SegmentSeal> seal;
  private final ByteBuffer bytes;
  private final RecordCodec codec = new RecordCodec();

  private SegmentInspection(
      String path, SegmentHeader header, Optional<SegmentSeal> seal, ByteBuffer bytes) {
    this.path = path;
    this.header = header;
    this.seal = seal;
    this.bytes = bytes;
  }

  /** How a segment ends, as far as its seal says. */
  public enum End {
    /** Still written to, or its process was killed: records end where no further one follows. */
    OPEN,
    /** Sealed by a footer. */
    FOOTER,
    /** Cut off by a restart. */
    RESTART
  }

  /** What was found, in order of the file. */
  public sealed interface Item {
    /** First byte in the file. */
    int offset();
  }

  /** A record whose header, page table and payload are sound. */
  public record Sound(int offset, int recordBytes, LogRecord record) implements Item {}

  /** The footer, which fits the records before it. */
  public record Footing(int offset, int records) implements Item {}

  /** Something that must not be so. */
  public record Damaged(int offset, String expected, String actual) implements Item {}

  /** Receives what is found. */
  @FunctionalInterface
  public interface Visitor {
    void item(Item item) throws IOException;
  }

  /**
   * Opens a segment file.
   *
   * @throws CorruptionException if it has no sound segment header
   * @throws io.hydrant.engine.files.UnsupportedFormatException if its version is not read here
   */
  public static SegmentInspection open(Path file) throws IOException {
    String path = file.toString();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long length = Math.min(channel.size(), Integer.MAX_VALUE);
      if (length < SegmentFormat.HEADER_BLOCK_BYTES) {
        throw new CorruptionException(
            path,
            0,
            "a segment header of " + SegmentFormat.HEADER_BLOCK_BYTES + " bytes",
            "a file of " + length);
      }
      ByteBuffer bytes =
          channel.map(FileChannel.MapMode.READ_ONLY, 0, length).order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer block = bytes.slice(0, SegmentFormat.HEADER_BLOCK_BYTES);
      SegmentHeader header = SegmentHeader.decode(block, path);
      return new SegmentInspection(path, header, SegmentSeal.decode(block, header), bytes);
    }
  }

  /** Whose segment. */
  public StoreIdentity identity() {
    return header.identity();
  }

  public int number() {
    return header.number();
  }

  /** Length that the file must have. */
  public int lengthBytes() {
    return header.lengthBytes();
  }

  /** Random number of this life of the file. */
  public long life() {
    return header.life();
  }

  public End end() {
    return seal.map(known ->
            switch (known.reason()) {
              case FOOTER -> End.FOOTER;
              case RESTART -> End.RESTART;
            })
        .orElse(End.OPEN);
  }

  /**
   * Walks through the records. Goes on behind a damaged payload, since the header says where the
   * next record begins; ends at a damaged header.
   *
   * @return where the records end
   */
  public int scan(Visitor visitor) throws IOException {
    int offset = SegmentFormat.RECORDS_OFFSET;
    int records = 0;
    CRC32C recordsChecksum = new CRC32C();
    while (true) {
      if (end() == End.RESTART && offset == seal.orElseThrow().end()) {
        return offset;
      }
      Placement placement = new Placement(header.life(), offset);
      switch (codec.parse(bytes, offset, placement, header.lengthBytes())) {
        case Parsed.Found found -> {
          visitor.item(checked(offset, placement, found));
          records++;
          update(recordsChecksum, found.frame().headerChecksum());
          offset += found.frame().recordBytes();
        }
        case Parsed.End end -> {
          Footer counted =
              new Footer(
                  records, offset - SegmentFormat.RECORDS_OFFSET, (int) recordsChecksum.getValue());
          visitor.item(
              counted.equals(end.footer())
                  ? new Footing(offset, records)
                  : new Damaged(offset, end.footer().toString(), counted.toString()));
          return offset;
        }
        case Parsed.Short wanted -> {
          visitor.item(
              new Damaged(
                  offset,
                  "a file of " + header.lengthBytes() + " bytes",
                  "its end after " + bytes.limit() + ", " + wanted.bytes() + " wanted here"));
          return offset;
        }
        case Parsed.Bad bad -> {
          if (end() != End.OPEN || provenDurableBehind(offset)) {
            visitor.item(new Damaged(offset, bad.expected(), bad.actual()));
          }
          return offset;
        }
      }
    }
  }

  private Item checked(int offset, Placement placement, Parsed.Found found) {
    Frame frame = found.frame();
    int payload = offset + frame.headerBytes();
    if (payload + frame.payloadBytes() > bytes.limit()) {
      return new Damaged(
          payload, "a payload of " + frame.payloadBytes() + " bytes", "the end of the file");
    }
    int actual = codec.payloadChecksum(bytes.slice(payload, frame.payloadBytes()), placement);
    if (actual != frame.payloadChecksum()) {
      return new Damaged(
          payload,
          "payload checksum %#010x".formatted(frame.payloadChecksum()),
          "%#010x".formatted(actual));
    }
    return new Sound(offset, frame.recordBytes(), found.record());
  }

  /**
   * A record further on that was appended when this place was durable makes it damage, not a torn
   * tail.
   */
  private boolean provenDurableBehind(int offset) {
    if (offset < header.durableAtBirth()) {
      return true;
    }
    long signature = RecordCodec.signature(header.life());
    int last = Math.min(bytes.limit(), header.lengthBytes()) - SegmentFormat.RECORD_FIXED_BYTES;
    for (int at = SegmentFormat.aligned(offset + 1);
        at <= last;
        at += SegmentFormat.RECORD_ALIGNMENT) {
      if (bytes.getLong(at) == signature) {
        Placement placement = new Placement(header.life(), at);
        int durableThrough =
            switch (codec.parse(bytes, at, placement, header.lengthBytes())) {
              case Parsed.Found found -> found.frame().durableThrough();
              case Parsed.End end -> end.frame().durableThrough();
              case Parsed.Bad _, Parsed.Short _ -> 0;
            };
        if (durableThrough > offset) {
          return true;
        }
      }
    }
    return false;
  }

  private static void update(CRC32C checksum, int headerChecksum) {
    checksum.update(
        ByteBuffer.allocate(Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(headerChecksum)
            .flip());
  }

  @Override
  public String toString() {
    return path;
  }
}
