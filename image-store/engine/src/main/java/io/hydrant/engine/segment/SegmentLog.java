package io.hydrant.engine.segment;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;

/**
 * The store's log on one node: append-only segment files, group sync, sealing, rolling, recycling,
 * and recovery. Safe for use by many threads.
 *
 * <p>What is appended goes to one of two streams by its use ({@link AppendUse}), each with
 * segments, buffers and syncs of its own. "The log" below is that of ingest; of survivors only that
 * is kept over a restart which the index has pointed to.
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>What {@link #durable} covers survives a power cut, in order and bit exact, until its
 *       segment is released.
 *   <li>A segment's name proves that all segments before it are durable to their end.
 *   <li>Nothing is appended to a segment of an earlier life of the process (PROTOCOL R12).
 *   <li>A failed write or sync is final (PROTOCOL R13); a full disk at the start of a segment is
 *       not.
 * </ul>
 *
 * <p>Fault model: a power cut keeps, loses or tears each sector that was not synced, in any order;
 * names that were not synced are kept or lost in order; a failed sync says nothing about any byte.
 * Format: {@link SegmentFormat}.
 */
public final class SegmentLog implements AutoCloseable {
  private final StoreFiles files;
  private final SegmentFactory factory;
  private final SegmentRegistry registry;
  private final OpenHandles handles;
  private final RecordReader reader;
  private final FailStop failStop = new FailStop();
  private final SegmentAppender appender;
  private final SurvivorStream survivors;

  private SegmentLog(
      StoreFiles files,
      SegmentFactory factory,
      SegmentRegistry registry,
      OpenHandles handles,
      SegmentRecovery.Recovered recovered) {
    this.files = files;
    this.factory = factory;
    this.registry = registry;
    this.handles = handles;
    this.reader = new RecordReader(files, handles);
    this.appender =
        new SegmentAppender(
            factory, registry, failStop, AppendUse.INGEST, () -> 0, recovered.first());
    this.survivors =
        new SurvivorStream(
            factory,
            registry,
            failStop,
            () -> Address.ofPacked(appender.appended()).segment(),
            recovered.survivorsNext());
  }

  /**
   * Opens the log and recovers it (PROTOCOL R12): visits, in order of appending, every record
   * behind {@code scanStart}; those that were beyond the last provably durable point have been
   * copied into a new segment and synced before, and are visited under their new addresses. Never
   * appends to a segment of an earlier life.
   *
   * <p>Needs room for one segment, and may use the reserve for it.
   *
   * @param scanStart packed address where the last index flush says scanning starts; 0: everything.
   *     It is a value that {@link #durable} or {@link Appended#end} had, and what lies before it is
   *     durable
   * @param survivorsEnd packed address up to which survivors are of use: a value that {@link
   *     #survivorsDurable} had when the index was flushed; 0: there were none. What lies behind it
   *     is given back, for nothing durable points there
   * @throws CorruptionException if a record is bad that was provably durable, or a file is no
   *     segment
   * @throws io.hydrant.engine.files.WrongIdentityException if the directory belongs to another
   *     store
   * @throws io.hydrant.engine.files.UnsupportedFormatException if a newer Hydrant wrote it
   */
  public static SegmentLog open(
      StoreFiles files,
      StoreIdentity identity,
      SegmentLogConfig config,
      RandomGenerator random,
      long scanStart,
      long survivorsEnd,
      RecoveredRecords visitor)
      throws IOException {
    OpenHandles handles = new OpenHandles(files, OpenHandles.OPEN_MAX);
    try {
      SegmentFactory factory = new SegmentFactory(files, identity, config, random, handles);
      SegmentRegistry registry = new SegmentRegistry();
      SegmentRecovery.Recovered recovered =
          new SegmentRecovery(files, identity, factory, registry, handles)
              .recover(Address.ofPacked(scanStart), Address.ofPacked(survivorsEnd), visitor);
      return new SegmentLog(files, factory, registry, handles, recovered);
    } catch (Throwable failed) {
      closeAfter(failed, handles);
      throw failed;
    }
  }

  private static void closeAfter(Throwable failed, OpenHandles handles) {
    try {
      handles.closeAll();
    } catch (IOException | RuntimeException | Error second) {
      failed.addSuppressed(second);
    }
  }

  /**
   * Appends a record; it is readable and durable only after the next {@link #sync}. Blocks while
   * all buffers wait for a sync that another thread has under way; syncs itself if none has.
   *
   * @param payload from position to limit; left as it is and not kept
   * @throws DiskFullException if the space would be touched that its use must leave; nothing is
   *     appended
   * @throws IllegalArgumentException if the payload has not the length that the record says, or the
   *     record is larger than a segment
   */
  public Appended append(LogRecord record, ByteBuffer payload) throws IOException {
    return append(record, payload, AppendUse.INGEST, _ -> {});
  }

  /**
   * As {@link #append(LogRecord, ByteBuffer)}, and notes where the record lies before {@link
   * #appended} counts it: who reads that finds everything before it noted.
   *
   * @param use what {@link AppendUse#CLEANING} appends is readable and durable after the next
   *     {@link #syncSurvivors}, counts for {@link #survivorsDurable}, and is not shown to a
   *     recovery
   * @param note runs under the log's own lock: short, and throws nothing
   */
  public Appended append(
      LogRecord record, ByteBuffer payload, AppendUse use, Consumer<Appended> note)
      throws IOException {
    if (use == AppendUse.CLEANING) {
      try {
        return survivors.append(record, payload, note);
      } catch (DiskFullException full) {
        // A restart on a full disk may have taken the last segment: it is the cleaner's as well.
      }
    }
    return appender.append(record, payload, use, note);
  }

  /** Packed address behind the last appended record. */
  public long appended() {
    return appender.appended();
  }

  /** Packed address up to which everything appended is durable. */
  public long durable() {
    return appender.durable();
  }

  /**
   * Writes what is buffered and syncs: everything appended before the call is durable when it
   * returns. A failure is final: the log refuses everything from then on (PROTOCOL R13).
   *
   * @return {@link #durable} as it is now
   */
  public long sync() throws IOException {
    return appender.sync();
  }

  /** As {@link #sync}, of what the cleaner appended. */
  public void syncSurvivors() throws IOException {
    survivors.sync();
    appender.sync();
  }

  /**
   * Packed address up to which all survivors are durable, those of earlier lives among them. To be
   * kept with whatever points to them.
   */
  public long survivorsDurable() {
    return survivors.durable();
  }

  /**
   * Visits the records of a sealed segment in order: headers and tables, verified by their
   * checksums; payloads are not read. The caller has it pinned.
   *
   * @throws CorruptionException if a record's header is bad: those behind it are not found
   * @throws IllegalArgumentException if it is not a sealed segment
   */
  public void visit(int segment, RecoveredRecords visitor) throws IOException {
    failStop.requireUsable();
    SealedSegment sealed = registry.requireSealed(segment);
    RecordScanner scanner =
        new RecordScanner(handles, sealed.file(), files.pathOf(sealed.file().name()));
    int offset = SegmentFormat.RECORDS_OFFSET;
    while (offset < sealed.usedBytes()) {
      switch (scanner.at(offset)) {
        case Parsed.Found found -> {
          visitor.record(found.record(), SealedScan.place(sealed.file(), offset, found.frame()));
          offset += found.frame().recordBytes();
        }
        case Parsed.End _ -> {
          return;
        }
        case Parsed.Bad bad -> throw scanner.corrupt(offset, bad);
        case Parsed.Short _ -> throw new IllegalStateException("scanners widen their window");
      }
    }
  }

  /**
   * Reads the record that begins at an address: header and table, verified by their checksum.
   *
   * @throws CorruptionException if there is no sound record
   */
  public LogRecord readRecord(Address record) throws IOException {
    failStop.requireUsable();
    return reader.record(registry.require(record), record.offset());
  }

  /**
   * As {@link #readRecord}, and the payload, verified by the record's payload checksum. One device
   * read.
   *
   * @return the payload, in memory of its own
   */
  public ByteBuffer readPayload(Appended record) throws IOException {
    failStop.requireUsable();
    return reader.payload(registry.require(record.record()), record);
  }

  /**
   * Reads payload bytes, unverified (pages carry their own checksum), until {@code target} is full.
   * One device read.
   *
   * @throws CorruptionException if the file ends before, or the device cannot read
   */
  public void read(Address payload, ByteBuffer target) throws IOException {
    failStop.requireUsable();
    SegmentFile segment = registry.require(payload);
    int wanted = target.remaining();
    int got = handles.read(segment, payload.offset(), target);
    if (got < wanted) {
      throw new CorruptionException(
          files.pathOf(segment.name()), payload.offset(), wanted + " bytes", got + " bytes");
    }
  }

  /**
   * Keeps a segment from being recycled or deleted while somebody reads it. Cheap.
   *
   * @return false if the segment is gone already: look the page up again
   */
  public boolean pin(int segment) {
    return registry.pin(segment);
  }

  /**
   * Ends a pin; the last one of a released segment gives its file back. A failure to do so is
   * remembered, and refuses everything from then on.
   */
  public void unpin(int segment) {
    SegmentFile file = registry.require(new Address(segment, 0));
    if (file.unpin()) {
      try {
        retire(file);
      } catch (IOException failed) {
        failStop.fail(failed);
      }
    }
  }

  /** All segments, ascending; without those that were released. */
  public List<SegmentInfo> segments() {
    return registry.live().stream()
        .map(segment ->
            new SegmentInfo(
                segment.file().number(),
                segment.file().header().birth(),
                segment.usedBytes(),
                segment instanceof SealedSegment))
        .toList();
  }

  /**
   * A check of all that a sealed segment says of itself. Nothing is read before its first step;
   * whoever makes one pins the segment meanwhile.
   *
   * @param window of {@link #newCheckWindow}; of one check at a time
   * @return empty if the segment is gone or open
   */
  public Optional<SegmentCheck> check(int segment, ByteBuffer window) {
    List<Segment> live = registry.live();
    boolean cut =
        live.stream()
            .flatMap(other -> other.file().header().cut().stream())
            .anyMatch(known -> known.segment() == segment);
    return live.stream()
        .filter(one -> one instanceof SealedSegment && one.file().number() == segment)
        .findFirst()
        .map(one ->
            new SegmentCheck(
                reader,
                handles,
                one.file(),
                files.pathOf(one.file().name()),
                (int) one.usedBytes(),
                cut,
                window));
  }

  /** Memory for checks: one for all that are made one after the other. */
  public static ByteBuffer newCheckWindow() {
    return RecordScanner.newWindow();
  }

  /**
   * Gives a dead segment's file back: kept as a spare to be recycled, or deleted. The caller
   * vouches that a durable index flush no longer points to it (PROTOCOL R14). Waits for no reader:
   * a pinned one goes when unpinned.
   *
   * @throws IllegalArgumentException if it is not a sealed segment, or was released before
   */
  public void release(int segment) throws IOException {
    failStop.requireUsable();
    SegmentFile file = registry.requireSealed(segment).file();
    if (file.release()) {
      retire(file);
    }
  }

  private void retire(SegmentFile file) throws IOException {
    registry.remove(file);
    try {
      factory.recycle(file);
    } catch (Throwable failed) {
      throw failStop.fail(failed);
    }
  }

  /** Whether the device has room above the reserve for {@code bytes} more. */
  public boolean hasRoom(long bytes) throws IOException {
    return bytes <= roomBytes();
  }

  /** What ingest can still append before the reserve is touched. */
  public long roomBytes() throws IOException {
    return roomBytes(AppendUse.INGEST);
  }

  /** What can still be appended before what this use must leave is touched. */
  public long roomBytes(AppendUse use) throws IOException {
    failStop.requireUsable();
    SegmentLogConfig config = factory.config();
    // Spares are given up where the reserve is not whole, so they are as good as free space.
    long usable = factory.usableBytes(use) + (long) factory.spares().size() * config.segmentBytes();
    long newFiles = Math.max(0, usable - config.leftBytes(use)) / config.segmentBytes();
    long free =
        switch (use) {
          case INGEST -> appender.freeBytes(usable >= config.reserveBytes());
          case CLEANING -> survivors.freeBytes() + appender.freeBytes(true);
        };
    return free + newFiles * SegmentFormat.capacity(config.segmentBytes());
  }

  /** What the files take, and what is left. */
  public Space space() throws IOException {
    failStop.requireUsable();
    long segments =
        registry.live().stream().mapToLong(one -> one.file().header().lengthBytes()).sum();
    long ahead = (long) factory.spares().size() * factory.config().segmentBytes();
    return new Space(files.usableBytes(), segments + ahead);
  }

  public SegmentLogConfig config() {
    return factory.config();
  }

  /** Path of the file, for messages to people. */
  public String pathOf(Address address) {
    return files.pathOf(SegmentFormat.segmentName(address.segment()));
  }

  /** Syncs, seals and closes. After a failure only closes. */
  @Override
  public void close() throws IOException {
    try {
      if (failStop.close() && !failStop.hasFailed()) {
        appender.seal();
        survivors.seal();
      }
    } catch (Throwable failed) {
      closeAfter(failed, handles);
      throw failed;
    }
    handles.closeAll();
  }

  /**
   * @param freeBytes that the device, or what may be taken of it, has left
   * @param fileBytes of segments, and of spare files
   */
  public record Space(long freeBytes, long fileBytes) {}

  /** Receives recovered records in order of appending. */
  @FunctionalInterface
  public interface RecoveredRecords {
    void record(LogRecord record, Appended at) throws IOException;
  }

  /**
   * @param birth number of the newest segment of ingest when it was begun: its own if it is one
   * @param usedBytes header and records
   * @param sealed nothing will be appended to it any more
   */
  public record SegmentInfo(int segment, int birth, long usedBytes, boolean sealed) {
    /** Whether the cleaner has filled it. */
    public boolean isOfSurvivors() {
      return SegmentFormat.isOfSurvivors(segment);
    }
  }
}
