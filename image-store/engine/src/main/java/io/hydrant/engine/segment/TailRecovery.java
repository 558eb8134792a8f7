package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Recovery of the last segment, the one that may be torn (PROTOCOL R12):
 *
 * <pre>
 *   4096        durable                     valid               length
 *    ├─ visited ───┼─ copied, then visited ───┼─ a bad record: torn ─┤
 * </pre>
 *
 * "Durable" is the highest of: where the scan starts, what the file was born with, and what any
 * sound record says was durable when it was appended. A bad record below it is corruption. So is
 * one above it if a sound record of this life further on says that the bad one's place was durable;
 * only if none does is it the torn tail, and everything behind it is dropped, sound or not.
 *
 * <p>The copy goes to a file called "next", complete and synced before it gets its name; its header
 * says where the old segment ends, so that name and cut are one atomic step. Then the old segment
 * is sealed at the cut. Its bytes are left as they are.
 */
final class TailRecovery {
  private final StoreFiles files;
  private final SegmentFactory factory;
  private final SegmentRegistry registry;
  private final OpenHandles handles;
  private final SegmentFile old;
  private final RecordScanner scanner;
  private final RecordReader reader;

  TailRecovery(
      StoreFiles files,
      SegmentFactory factory,
      SegmentRegistry registry,
      OpenHandles handles,
      SegmentFile old) {
    this.files = files;
    this.factory = factory;
    this.registry = registry;
    this.handles = handles;
    this.old = old;
    this.scanner = new RecordScanner(handles, old, files.pathOf(old.name()));
    this.reader = new RecordReader(files, handles);
  }

  /**
   * @param durable below this everything is durable
   * @param valid where the first bad record, the footer or the end is
   */
  private record Extent(int durable, int valid) {}

  /** A record of the tail in its new place. */
  private record Moved(LogRecord record, Appended place) {}

  /**
   * @param from records before this offset are durable and not shown to the visitor
   * @return the new open segment
   */
  OpenSegment recover(int from, SegmentLog.RecoveredRecords visitor) throws IOException {
    Extent extent = measure(from);
    visitDurable(from, extent.durable(), visitor);
    int verified = verifyTail(extent);
    OpenSegment next = newSegment(extent.durable(), verified);
    List<Moved> moved = moveTail(extent.durable(), verified, next);
    factory.publish(next);
    seal(handles, old, extent.durable());
    if (verified == SegmentFormat.RECORDS_OFFSET) {
      factory.recycle(old);
    } else {
      registry.put(new SealedSegment(old, extent.durable()));
    }
    for (Moved record : moved) {
      visitor.record(record.record(), record.place());
    }
    return next;
  }

  private Extent measure(int from) throws IOException {
    int durable = Math.max(from, old.header().durableAtBirth());
    int offset = SegmentFormat.RECORDS_OFFSET;
    while (true) {
      switch (scanner.at(offset)) {
        case Parsed.Found found -> {
          durable = Math.max(durable, found.frame().durableThrough());
          offset += found.frame().recordBytes();
        }
        case Parsed.End end -> {
          // Nothing is appended behind a footer.
          return checked(Math.max(durable, end.frame().durableThrough()), offset);
        }
        case Parsed.Bad bad -> {
          if (offset < durable || scanner.evidenceBehind(offset) > 0) {
            throw scanner.corrupt(offset, bad);
          }
          return checked(durable, offset);
        }
        case Parsed.Short _ -> throw new IllegalStateException("scanners widen their window");
      }
    }
  }

  private Extent checked(int durable, int valid) throws IOException {
    if (durable > valid) {
      throw scanner.corrupt(
          valid, "records up to %d, which were durable".formatted(durable), "the last one here");
    }
    return new Extent(durable, valid);
  }

  private void visitDurable(int from, int durable, SegmentLog.RecoveredRecords visitor)
      throws IOException {
    int offset = SegmentFormat.RECORDS_OFFSET;
    while (offset < durable) {
      Parsed.Found found = sound(offset);
      if (offset >= from) {
        visitor.record(found.record(), SealedScan.place(old, offset, found.frame()));
      }
      offset += found.frame().recordBytes();
    }
    if (offset != durable) {
      throw scanner.corrupt(durable, "the beginning of a record", "the middle of one");
    }
  }

  /**
   * @return where the first record begins whose payload is torn, or where the tail ends
   */
  private int verifyTail(Extent extent) throws IOException {
    int offset = extent.durable();
    while (offset < extent.valid()) {
      Frame frame = sound(offset).frame();
      ByteBuffer whole = reader.read(old, offset, frame.recordBytes());
      if (!reader.isPayloadSound(old, offset, frame, whole)) {
        break;
      }
      offset += frame.recordBytes();
    }
    return offset;
  }

  private OpenSegment newSegment(int durable, int verified) throws IOException {
    OpenSegment next =
        factory.createForRestart(
            old.number() + 1,
            old.header().lengthBytes(),
            SegmentFormat.RECORDS_OFFSET + verified - durable,
            Optional.of(new SegmentHeader.Cut(old.number(), durable)));
    next.write(0, next.file().header().encode());
    return next;
  }

  /**
   * Copies the records from {@code durable} to {@code verified}; all of it is durable on return.
   */
  private List<Moved> moveTail(int durable, int verified, OpenSegment next) throws IOException {
    List<Moved> moved = new ArrayList<>();
    RecordCodec codec = new RecordCodec();
    int offset = durable;
    while (offset < verified) {
      Parsed.Found found = sound(offset);
      int recordBytes = found.frame().recordBytes();
      ByteBuffer payload = reader.payload(old, offset, reader.read(old, offset, recordBytes));
      ByteBuffer copy = ByteBuffer.allocate(recordBytes).order(ByteOrder.LITTLE_ENDIAN);
      Frame frame =
          codec.encode(copy, found.record(), payload, next.next(), SegmentFormat.RECORDS_OFFSET);
      next.lastPage().append(copy.flip());
      next.write(next.position(), copy);
      moved.add(new Moved(found.record(), SealedScan.place(next.file(), next.position(), frame)));
      next.appended(frame);
      offset += recordBytes;
    }
    next.sync();
    return moved;
  }

  private Parsed.Found sound(int offset) throws IOException {
    return switch (scanner.at(offset)) {
      case Parsed.Found found -> found;
      case Parsed.Bad bad -> throw scanner.corrupt(offset, bad);
      case Parsed.End _, Parsed.Short _ ->
          throw scanner.corrupt(offset, "the record that was here a moment ago", "none");
    };
  }

  /** Seals a segment of an earlier life at the end of its durable records; durable on return. */
  static SegmentSeal seal(OpenHandles handles, SegmentFile segment, int end) throws IOException {
    SegmentSeal seal = new SegmentSeal(SegmentSeal.Reason.RESTART, end, 0, 0);
    StoreFile handle = handles.acquire(segment);
    try {
      handle.write(SegmentFormat.SECTOR_BYTES, seal.encode(segment.header().life()));
      handle.sync();
    } finally {
      segment.endUse();
    }
    return seal;
  }
}
