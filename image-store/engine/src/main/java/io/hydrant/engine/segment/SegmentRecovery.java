package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What {@link SegmentLog#open} does with the files it finds. Phases, each repeatable if the process
 * dies in it:
 *
 * <ol>
 *   <li>Sync the directory: what is seen from here on is not taken back by a power cut.
 *   <li>Delete "next" files, adopt spares, read the header block of every segment.
 *   <li>Of survivors, keep what the index may point to: nothing in them is visited, and the one
 *       that was open is sealed where the last flush of the index says that they ended.
 *   <li>If the last segment took over the tail of the one before, seal that one again: the restart
 *       that did so may have died before its seal was durable.
 *   <li>Visit the records of sealed segments behind the start of the scan. All of them were
 *       durable, so a bad one is corruption.
 *   <li>{@link TailRecovery} for the last segment.
 * </ol>
 */
final class SegmentRecovery {
  private final StoreFiles files;
  private final StoreIdentity identity;
  private final SegmentFactory factory;
  private final SegmentRegistry registry;
  private final OpenHandles handles;

  SegmentRecovery(
      StoreFiles files,
      StoreIdentity identity,
      SegmentFactory factory,
      SegmentRegistry registry,
      OpenHandles handles) {
    this.files = files;
    this.identity = identity;
    this.factory = factory;
    this.registry = registry;
    this.handles = handles;
  }

  /** A segment file as found. */
  private record Found(SegmentFile file, Optional<SegmentSeal> seal) {}

  /**
   * @param first the segment to append to: published, durable, in the registry with all others
   * @param survivorsNext number of the next segment of survivors
   */
  record Recovered(OpenSegment first, int survivorsNext) {}

  Recovered recover(Address scanStart, Address survivorsEnd, SegmentLog.RecoveredRecords visitor)
      throws IOException {
    files.syncDirectory();
    List<Found> found = takeStock();
    List<Found> survivors =
        found.stream().filter(one -> SegmentFormat.isOfSurvivors(one.file().number())).toList();
    found.removeAll(survivors);
    // First: they may give files back, of which the tail's recovery needs one.
    int survivorsNext = keepSurvivors(survivors, survivorsEnd);
    return new Recovered(recoverLog(found, scanStart, visitor), survivorsNext);
  }

  private OpenSegment recoverLog(
      List<Found> found, Address scanStart, SegmentLog.RecoveredRecords visitor)
      throws IOException {
    requireReachable(scanStart, found);
    if (found.isEmpty()) {
      OpenSegment first = factory.prepare(1, AppendUse.INGEST, 0);
      factory.publish(first);
      return first;
    }
    SegmentFile last = found.getLast().file();
    finishCuts(last, found);
    for (Found segment : found.subList(0, found.size() - 1)) {
      int end = scan(segment, scanStart, visitor);
      if (end > SegmentFormat.RECORDS_OFFSET) {
        registry.put(new SealedSegment(segment.file(), end));
      } else {
        // Of a life without records, and nobody's to release.
        factory.recycle(segment.file());
      }
    }
    int from = scanStart.segment() == last.number() ? scanStart.offset() : 0;
    TailRecovery tail = new TailRecovery(files, factory, registry, handles, last);
    return tail.recover(Math.max(from, SegmentFormat.RECORDS_OFFSET), visitor);
  }

  /**
   * @param end nothing durable points behind it
   * @return the number behind all that there are, or were
   */
  private int keepSurvivors(List<Found> found, Address end) throws IOException {
    int last = Math.max(SegmentFormat.SURVIVORS, end.segment());
    for (Found segment : found) {
      SegmentFile file = segment.file();
      last = Math.max(last, file.number());
      int used = usedOfSurvivors(segment, end);
      if (used > SegmentFormat.RECORDS_OFFSET) {
        registry.put(new SealedSegment(file, used));
      } else {
        factory.recycle(file);
      }
    }
    return last + 1;
  }

  private int usedOfSurvivors(Found segment, Address end) throws IOException {
    SegmentFile file = segment.file();
    if (file.number() > end.segment()) {
      return 0;
    }
    if (file.number() == end.segment()) {
      return cutSurvivors(segment, end.offset());
    }
    if (segment.seal().isPresent()) {
      return segment.seal().get().end();
    }
    // It had one: a scrub tells of its loss, and the cleaner asks the maps what lies here.
    return file.header().lengthBytes() - SegmentFormat.FOOTER_BYTES;
  }

  /**
   * The last one of use. Its seal is not believed: one that a crash interrupted may be there
   * without the records before it, and without the footer. Not even one that says the same: a start
   * that was killed before it was synced may have left it, and a power cut would take it.
   */
  private int cutSurvivors(Found segment, int end) throws IOException {
    if (end <= SegmentFormat.RECORDS_OFFSET) {
      return 0;
    }
    return TailRecovery.seal(handles, segment.file(), end).end();
  }

  private List<Found> takeStock() throws IOException {
    List<String> names = files.list();
    for (String name : names) {
      if (SegmentFormat.nextNumber(name).isPresent()) {
        files.delete(name);
      }
    }
    List<Found> found = new ArrayList<>();
    for (String name : names) {
      OptionalInt spare = SegmentFormat.spareNumber(name);
      OptionalInt segment = SegmentFormat.segmentNumber(name);
      if (spare.isPresent()) {
        factory.spares().adopt(name, spare.getAsInt(), lengthOf(name));
      } else if (segment.isPresent()) {
        found.add(readHeader(name, segment.getAsInt()));
      }
    }
    return found;
  }

  private long lengthOf(String name) throws IOException {
    try (StoreFile file = files.open(name)) {
      return file.size();
    }
  }

  private Found readHeader(String name, int number) throws IOException {
    String path = files.pathOf(name);
    try (StoreFile file = files.open(name)) {
      ByteBuffer block = ByteBuffer.allocateDirect(SegmentFormat.HEADER_BLOCK_BYTES);
      file.read(0, block);
      SegmentHeader header = SegmentHeader.decode(block.flip(), path);
      header.requireIdentity(identity, path);
      if (header.number() != number) {
        throw new CorruptionException(
            path, 0, "segment number " + number, "segment number " + header.number());
      }
      long size = file.size();
      if (size < header.lengthBytes()) {
        throw new CorruptionException(
            path, size, "a file of %d bytes".formatted(header.lengthBytes()), size + " bytes");
      }
      return new Found(new SegmentFile(header, name), SegmentSeal.decode(block, header));
    }
  }

  private void requireReachable(Address scanStart, List<Found> found) throws CorruptionException {
    int last = found.isEmpty() ? 0 : found.getLast().file().number();
    if (Integer.compareUnsigned(scanStart.segment(), last) > 0) {
      throw new CorruptionException(
          files.pathOf(SegmentFormat.segmentName(scanStart.segment())),
          scanStart.offset(),
          "the segment up to which the index was flushed",
          last == 0 ? "no segments" : "segments up to " + last);
    }
  }

  /**
   * Seals the segment that the last one has cut, and takes the word of the others' headers for
   * segments whose seals are not readable.
   */
  private void finishCuts(SegmentFile last, List<Found> found) throws IOException {
    Map<Integer, SegmentHeader.Cut> cuts = new HashMap<>();
    for (Found segment : found) {
      segment.file().header().cut().ifPresent(cut -> cuts.put(cut.segment(), cut));
    }
    int lastCut = last.header().cut().map(SegmentHeader.Cut::segment).orElse(0);
    for (int index = 0; index < found.size() - 1; index++) {
      Found segment = found.get(index);
      SegmentHeader.Cut cut = cuts.get(segment.file().number());
      if (cut != null && (segment.seal().isEmpty() || cut.segment() == lastCut)) {
        SegmentSeal seal = TailRecovery.seal(handles, segment.file(), cut.end());
        found.set(index, new Found(segment.file(), Optional.of(seal)));
      }
    }
  }

  /**
   * Visits what lies behind the start of the scan in a sealed segment.
   *
   * @return its used bytes
   */
  private int scan(Found segment, Address scanStart, SegmentLog.RecoveredRecords visitor)
      throws IOException {
    SegmentFile file = segment.file();
    int order = Integer.compareUnsigned(file.number(), scanStart.segment());
    int from = SegmentFormat.RECORDS_OFFSET;
    if (order < 0) {
      from = file.header().lengthBytes();
    } else if (order == 0) {
      from = Math.max(from, scanStart.offset());
    }
    Optional<SegmentSeal> seal = segment.seal();
    if (seal.isPresent() && from > SegmentFormat.RECORDS_OFFSET && from >= seal.get().end()) {
      return seal.get().end();
    }
    return new SealedScan(handles, file, files.pathOf(file.name()), seal).scan(from, visitor);
  }
}
