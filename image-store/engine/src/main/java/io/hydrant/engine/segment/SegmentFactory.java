package io.hydrant.engine.segment;

import io.hydrant.engine.files.DiskFullException;
import io.hydrant.engine.files.StoreFile;
import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.random.RandomGenerator;

/**
 * Makes files into segments, in three steps that are safe to crash between: a file called "next" of
 * full length (a spare or a new one); its header, durable; and, when every segment before it is
 * durable to its end, its name, durable ({@link #publish}).
 */
final class SegmentFactory {
  private final StoreFiles files;
  private final StoreIdentity identity;
  private final SegmentLogConfig config;
  private final RandomGenerator random;
  private final OpenHandles handles;
  private final SparePool spares;
  private final ReentrantLock allocating = new ReentrantLock();

  SegmentFactory(
      StoreFiles files,
      StoreIdentity identity,
      SegmentLogConfig config,
      RandomGenerator random,
      OpenHandles handles) {
    this.files = files;
    this.identity = identity;
    this.config = config;
    this.random = random;
    this.handles = handles;
    this.spares = new SparePool(files, config);
  }

  SparePool spares() {
    return spares;
  }

  SegmentLogConfig config() {
    return config;
  }

  /**
   * A segment ready for {@link #publish}, its header durable.
   *
   * @param begunBeside as in the header
   * @throws DiskFullException if a new file would touch what this use must leave; nothing is left
   *     behind
   */
  OpenSegment prepare(int number, AppendUse use, int begunBeside) throws IOException {
    SegmentHeader header =
        new SegmentHeader(
            identity,
            number,
            config.segmentBytes(),
            random.nextLong(),
            SegmentFormat.RECORDS_OFFSET,
            Optional.empty(),
            begunBeside);
    // Ingest gives spares up before it takes one: they fill the reserve first.
    boolean mayTakeSpare = use == AppendUse.CLEANING || spares.fillReserve();
    OpenSegment segment = create(header, use, config.leftBytes(use), mayTakeSpare);
    try {
      segment.write(0, header.encode());
      segment.sync();
    } catch (DiskFullException full) {
      discard(segment);
      throw full;
    }
    if (use == AppendUse.CLEANING) {
      spares.survivorsOpened();
    }
    return segment;
  }

  /**
   * For a restart, which may use the reserve: a file without a valid header, to be filled, given
   * its header, synced and published.
   *
   * @param lengthBytesMin what the segment must have at least, whatever the configuration says now
   */
  OpenSegment createForRestart(
      int number, int lengthBytesMin, int durableAtBirth, Optional<SegmentHeader.Cut> cut)
      throws IOException {
    SegmentHeader header =
        new SegmentHeader(
            identity,
            number,
            StoreFile.wholePages(Math.max(lengthBytesMin, config.segmentBytes())),
            random.nextLong(),
            durableAtBirth,
            cut,
            0);
    OpenSegment segment = create(header, AppendUse.CLEANING, 0, true);
    segment.ofReserve(!spares.fillReserve());
    return segment;
  }

  private OpenSegment create(
      SegmentHeader header, AppendUse use, long leftBytes, boolean mayTakeSpare)
      throws IOException {
    String name = SegmentFormat.nextName(header.number());
    Optional<String> spare =
        mayTakeSpare && header.lengthBytes() == config.segmentBytes()
            ? spares.take()
            : Optional.empty();
    if (spare.isPresent()) {
      files.rename(spare.get(), name);
    } else {
      allocate(name, header.lengthBytes(), use, leftBytes);
    }
    SegmentFile file = new SegmentFile(header, name);
    return new OpenSegment(file, handles.acquire(file));
  }

  /** Refuses ingest into a segment that a restart took from the reserve, until that is whole. */
  void requireReserve(OpenSegment segment) throws IOException {
    if (segment.isOfReserve()) {
      segment.ofReserve(!spares.fillReserve());
    }
    if (segment.isOfReserve()) {
      throw new DiskFullException(
          "%s: less than the reserve of %d bytes is free, and this segment was made from it by a restart: free or add space"
              .formatted(files.pathOf(segment.file().name()), config.reserveBytes()));
    }
  }

  /** Free bytes, spare files not counted. */
  long usableBytes(AppendUse use) throws IOException {
    return use == AppendUse.INGEST ? spares.usableByIngest() : files.usableBytes();
  }

  /** One at a time: two who saw the same free bytes would both take them. */
  private void allocate(String name, long lengthBytes, AppendUse use, long leftBytes)
      throws IOException {
    allocating.lock();
    try {
      allocateAlone(name, lengthBytes, usableBytes(use), leftBytes);
    } finally {
      allocating.unlock();
    }
  }

  private void allocateAlone(String name, long lengthBytes, long usableBytes, long leftBytes)
      throws IOException {
    if (usableBytes - lengthBytes < leftBytes) {
      throw new DiskFullException(
          "%s: a new segment of %d bytes would leave less than the reserve of %d; %d are free: free or add space"
              .formatted(files.pathOf(name), lengthBytes, leftBytes, usableBytes));
    }
    StoreFile file = files.create(name);
    try (file) {
      file.allocate(lengthBytes);
      file.sync();
    } catch (DiskFullException full) {
      files.delete(name);
      throw full;
    }
  }

  /**
   * Gives the segment its name for good. The caller vouches that all segments before it are
   * durable.
   */
  void publish(OpenSegment segment) throws IOException {
    String name = SegmentFormat.segmentName(segment.number());
    files.rename(segment.file().name(), name);
    segment.file().named(name);
    files.syncDirectory();
  }

  /** Takes back a segment that was never published. */
  void discard(OpenSegment segment) throws IOException {
    segment.file().endUse();
    recycle(segment.file());
  }

  /** Takes back the file of a segment that nobody reads any more. */
  void recycle(SegmentFile file) throws IOException {
    handles.retire(file);
    spares.give(file.name(), file.header().lengthBytes());
  }
}
