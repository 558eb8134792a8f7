package io.hydrant.engine.segment;

import io.hydrant.engine.files.StoreFiles;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.StoreIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.random.RandomGenerator;

/** SKELETON: to be implemented. */
public final class SegmentLog implements AutoCloseable {

  /**
   * Opens the log and recovers it (PROTOCOL R12): visits, in order of appending, every record behind {@code
   * scanStart}; those that were beyond the last provably durable point have been copied into a new segment and
   * synced before, and are visited under their new addresses. Never appends to a segment of an earlier life.
   *
   * @param scanStart packed address where the last index flush says scanning starts; 0: everything
   */
  public static SegmentLog open(
      StoreFiles files,
      StoreIdentity identity,
      SegmentLogConfig config,
      RandomGenerator random,
      long scanStart,
      RecoveredRecords visitor)
      throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Appends a record; it is readable and durable only after the next {@link #sync}. Blocks while all buffers
   * wait for a sync that another thread has under way; syncs itself if none has.
   *
   * @throws io.hydrant.engine.files.DiskFullException if the reserve would be touched; nothing is appended
   */
  public Appended append(LogRecord record, ByteBuffer payload) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Packed address behind the last appended record. */
  public long appended() {
    throw new UnsupportedOperationException();
  }

  /** Packed address up to which everything appended is durable. */
  public long durable() {
    throw new UnsupportedOperationException();
  }

  /**
   * Writes what is buffered and syncs: everything appended before the call is durable when it returns. A
   * failure is final: the log refuses everything from then on (PROTOCOL R13).
   *
   * @return {@link #durable} as it is now
   */
  public long sync() throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Reads the record that begins at an address: header and table, verified by their checksum. */
  public LogRecord readRecord(Address record) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** As {@link #readRecord}, and the payload, verified by the record's payload checksum. */
  public ByteBuffer readPayload(Appended record) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Reads payload bytes, unverified (pages carry their own checksum), until {@code target} is full. One device read. */
  public void read(Address payload, ByteBuffer target) throws IOException {
    throw new UnsupportedOperationException();
  }

  /**
   * Keeps a segment from being recycled or deleted while somebody reads it. Cheap.
   *
   * @return false if the segment is gone already: look the page up again
   */
  public boolean pin(int segment) {
    throw new UnsupportedOperationException();
  }

  public void unpin(int segment) {
    throw new UnsupportedOperationException();
  }

  /** All segments, ascending. */
  public List<SegmentInfo> segments() {
    throw new UnsupportedOperationException();
  }

  /**
   * Gives a dead segment's file back: kept as a spare to be recycled, or deleted. The caller vouches that a
   * durable index flush no longer points to it (PROTOCOL R14). Waits for no reader: a pinned one goes when unpinned.
   */
  public void release(int segment) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Whether the device has room above the reserve for {@code bytes} more. */
  public boolean hasRoom(long bytes) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Path of the file, for messages to people. */
  public String pathOf(Address address) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Receives recovered records in order of appending. */
  @FunctionalInterface
  public interface RecoveredRecords {
    void record(LogRecord record, Appended at) throws IOException;
  }

  /**
   * @param usedBytes header and records
   * @param sealed nothing will be appended to it any more
   */
  public record SegmentInfo(int segment, long usedBytes, boolean sealed) {}
}
