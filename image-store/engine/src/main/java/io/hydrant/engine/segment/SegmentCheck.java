package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Verifies what a sealed segment says of itself, in small steps, while the log goes on. Unlike a
 * scan it knows from the registry where the segment ends, so that it goes on behind whatever is
 * bad: one fault does not hide another. One thread; the segment is pinned during a step.
 *
 * <pre>
 * block     header, seal, and the zeros behind it
 * headers   every record's header, table and padding; manifests with their payload; the footer
 * payloads  of all other records, if {@link #alsoPayloads} asks for it
 * ended
 * </pre>
 */
public final class SegmentCheck {
  private static final int BLANK_OFFSET = 2 * SegmentFormat.SECTOR_BYTES;

  private final OpenHandles handles;
  private final SegmentFile segment;
  private final String path;
  private final int end;
  private final boolean cutElsewhere;
  private final RecordScanner scanner;
  private final RecordReader reader;
  private final CRC32C recordsChecksum = new CRC32C();

  private Phase phase = Phase.BLOCK;
  private int offset = SegmentFormat.RECORDS_OFFSET;
  private Optional<SegmentSeal> seal = Optional.empty();
  private int records;
  private boolean allHeadersSound = true;
  private long dataBytes;

  private enum Phase {
    BLOCK,
    HEADERS,
    BETWEEN,
    PAYLOADS,
    ENDED
  }

  /** What of a segment is bad. */
  public enum Part {
    HEADER,
    SEAL,
    RECORD,
    PAYLOAD,
    FOOTER
  }

  /**
   * Something that must not be so.
   *
   * @param payload of which record, if it is one's payload
   */
  public record Fault(
      Part part, long offset, String expected, String actual, Optional<BadPayload> payload) {}

  /** A record with a sound header whose payload is not what its checksum says. */
  public record BadPayload(LogRecord record, Appended at) {}

  /** Receives what is found. */
  @FunctionalInterface
  public interface Faults {
    void fault(Fault fault) throws IOException;
  }

  /**
   * @param end behind the last record
   * @param cutElsewhere another segment's header says that this one was cut off by a restart
   */
  SegmentCheck(
      RecordReader reader,
      OpenHandles handles,
      SegmentFile segment,
      String path,
      int end,
      boolean cutElsewhere,
      ByteBuffer window) {
    this.reader = reader;
    this.handles = handles;
    this.segment = segment;
    this.path = path;
    this.end = end;
    this.cutElsewhere = cutElsewhere;
    this.scanner = new RecordScanner(handles, segment, path, window);
  }

  public int segment() {
    return segment.number();
  }

  public String path() {
    return path;
  }

  /** Header and records. */
  public int usedBytes() {
    return end;
  }

  /** Payload bytes of all records but manifests, once {@link #isHeadersDone}. */
  public long dataBytes() {
    return dataBytes;
  }

  /** All but the payloads was looked at: {@link #alsoPayloads} or {@link #end}. */
  public boolean isHeadersDone() {
    return phase == Phase.BETWEEN;
  }

  /** No record's header was bad, so {@link #dataBytes} is all there is. */
  public boolean areHeadersSound() {
    return allHeadersSound;
  }

  public boolean isEnded() {
    return phase == Phase.ENDED;
  }

  /** The payloads too: somebody else has not read all of them. */
  public void alsoPayloads() {
    require(Phase.BETWEEN);
    offset = SegmentFormat.RECORDS_OFFSET;
    phase = Phase.PAYLOADS;
  }

  /** The payloads not. */
  public void end() {
    require(Phase.BETWEEN);
    phase = Phase.ENDED;
  }

  private void require(Phase expected) {
    if (phase != expected) {
      throw new IllegalStateException("the check is at " + phase + ", not at " + expected);
    }
  }

  /**
   * Goes on until so many bytes were read, or a phase ends. Not to be called between the headers
   * and the payloads, nor at the end.
   *
   * @return bytes read, about
   */
  public long step(long budgetBytes, Faults faults) throws IOException {
    long read = 0;
    Phase began = phase;
    while (read < budgetBytes && phase == began) {
      try {
        read +=
            switch (phase) {
              case BLOCK -> block(faults);
              case HEADERS -> header(faults);
              case PAYLOADS -> payload(faults);
              case BETWEEN, ENDED -> throw new IllegalStateException("nothing to check: " + phase);
            };
      } catch (CorruptionException unreadable) {
        unreadable(unreadable, faults);
      }
    }
    return read;
  }

  /** Where the device reads nothing there is no next record to be found. */
  private void unreadable(CorruptionException e, Faults faults) throws IOException {
    Part part = phase == Phase.BLOCK ? Part.HEADER : Part.RECORD;
    faults.fault(new Fault(part, e.offset(), e.expected(), e.actual(), Optional.empty()));
    phase =
        switch (phase) {
          case BLOCK -> Phase.HEADERS;
          case HEADERS -> Phase.BETWEEN;
          case PAYLOADS, BETWEEN, ENDED -> Phase.ENDED;
        };
  }

  private long block(Faults faults) throws IOException {
    ByteBuffer block =
        ByteBuffer.allocate(SegmentFormat.HEADER_BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    handles.read(segment, 0, block);
    block.flip();
    checkHeader(block, faults);
    seal = SegmentSeal.decode(block, segment.header());
    if (seal.isEmpty() || seal.get().end() != end) {
      faults.fault(
          fault(
              Part.SEAL,
              SegmentFormat.SECTOR_BYTES,
              "a seal that says that the records end at " + end,
              seal.map(SegmentSeal::toString).orElse("none that is sound")));
    }
    byte[] blank =
        Arrays.copyOfRange(block.array(), BLANK_OFFSET, SegmentFormat.HEADER_BLOCK_BYTES);
    int other = Arrays.mismatch(blank, new byte[blank.length]);
    if (other >= 0) {
      faults.fault(fault(Part.HEADER, BLANK_OFFSET + other, "zeros", "byte " + blank[other]));
    }
    phase = Phase.HEADERS;
    return SegmentFormat.HEADER_BLOCK_BYTES;
  }

  private void checkHeader(ByteBuffer block, Faults faults) throws IOException {
    try {
      SegmentHeader header = SegmentHeader.decode(block, path);
      if (!header.equals(segment.header())) {
        faults.fault(fault(Part.HEADER, 0, segment.header().toString(), header.toString()));
      }
    } catch (CorruptionException e) {
      faults.fault(fault(Part.HEADER, e.offset(), e.expected(), e.actual()));
    }
  }

  private long header(Faults faults) throws IOException {
    if (offset >= end) {
      footer(faults);
      phase = Phase.BETWEEN;
      return SegmentFormat.FOOTER_BYTES;
    }
    int at = offset;
    Parsed parsed = scanner.at(at);
    if (parsed instanceof Parsed.Found found && (long) at + found.frame().recordBytes() <= end) {
      return sound(at, found, faults);
    }
    allHeadersSound = false;
    Parsed.Bad bad =
        parsed instanceof Parsed.Bad known
            ? known
            : new Parsed.Bad("a record that ends before " + end, parsed.toString());
    faults.fault(fault(Part.RECORD, at, bad.expected(), bad.actual()));
    offset = scanner.behindBad(at, end);
    return offset - at;
  }

  private long sound(int at, Parsed.Found found, Faults faults) throws IOException {
    Frame frame = found.frame();
    records++;
    recordsChecksum.update(
        ByteBuffer.allocate(Integer.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(frame.headerChecksum())
            .flip());
    offset = at + frame.recordBytes();
    long read = frame.headerBytes();
    if (found.record() instanceof LogRecord.Manifest) {
      checkPayload(at, found, faults);
      read += frame.payloadBytes();
    } else {
      dataBytes += frame.payloadBytes();
    }
    int padding = at + frame.headerBytes() + frame.payloadBytes();
    if (!scanner.isZero(padding, offset)) {
      faults.fault(fault(Part.RECORD, padding, "zeros behind the record", "other bytes"));
    }
    return read;
  }

  private void footer(Faults faults) throws IOException {
    boolean cut =
        seal.map(known -> known.reason() == SegmentSeal.Reason.RESTART).orElse(cutElsewhere);
    if (cut) {
      return;
    }
    Footer counted =
        new Footer(records, end - SegmentFormat.RECORDS_OFFSET, (int) recordsChecksum.getValue());
    switch (scanner.at(end)) {
      case Parsed.End found -> {
        // With a bad record's header, what was counted is not all that there was.
        if (allHeadersSound && !found.footer().equals(counted)) {
          faults.fault(fault(Part.FOOTER, end, found.footer().toString(), counted.toString()));
        }
      }
      case Parsed.Bad bad -> faults.fault(fault(Part.FOOTER, end, bad.expected(), bad.actual()));
      case Parsed.Found _, Parsed.Short _ ->
          faults.fault(fault(Part.FOOTER, end, "a footer", "something else"));
    }
  }

  private long payload(Faults faults) throws IOException {
    if (offset >= end) {
      phase = Phase.ENDED;
      return 0;
    }
    int at = offset;
    if (scanner.at(at) instanceof Parsed.Found found
        && (long) at + found.frame().recordBytes() <= end) {
      offset = at + found.frame().recordBytes();
      if (!(found.record() instanceof LogRecord.Manifest)) {
        checkPayload(at, found, faults);
      }
    } else {
      offset = scanner.behindBad(at, end); // said before
    }
    return offset - at;
  }

  private void checkPayload(int at, Parsed.Found found, Faults faults) throws IOException {
    Appended place = SealedScan.place(segment, at, found.frame());
    try {
      reader.payload(segment, place);
    } catch (CorruptionException e) {
      BadPayload bad = new BadPayload(found.record(), place);
      faults.fault(new Fault(Part.PAYLOAD, e.offset(), e.expected(), e.actual(), Optional.of(bad)));
    }
  }

  private static Fault fault(Part part, long offset, String expected, String actual) {
    return new Fault(part, offset, expected, actual, Optional.empty());
  }
}
