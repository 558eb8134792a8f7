package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.TractRows;
import io.hydrant.engine.segment.AppendUse;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Appends bytes that this replica got from elsewhere, and keeps their segments from being taken for
 * dead until something points there. Any thread.
 */
final class MovedWriter {
  /** As a batch: what a record is small enough to be read and verified at once. */
  private static final int PAYLOAD_BYTES_MAX = 1 << 20;

  /** Of a segment, so that little is left unused at its end. */
  private static final int PARTS_OF_SEGMENT = 4;

  private final SegmentLog log;
  private final MovedSegments segments;
  private final AppendUse use;
  private final int payloadMax;

  MovedWriter(SegmentLog log, MovedSegments segments, AppendUse use) {
    this.log = log;
    this.use = use;
    this.segments = segments;
    this.payloadMax = Math.min(PAYLOAD_BYTES_MAX, log.config().segmentBytes() / PARTS_OF_SEGMENT);
  }

  /** Of one record: what is larger lies in several. */
  int payloadBytesMax() {
    return payloadMax;
  }

  /**
   * A copy whose bytes are appended.
   *
   * @param addresses packed, by row of the copy; 0 where no bytes came
   */
  record Placed(TractCopy copy, long[] addresses, List<Appended> records) {
    boolean hasBytes() {
      return !records.isEmpty();
    }
  }

  /**
   * @param pageBytes of the region; 0 if it is not known any more, and nothing is appended
   */
  Placed append(TractCopy copy, int pageBytes) throws IOException {
    Placed placed = new Placed(copy, new long[copy.rows().size()], new ArrayList<>());
    if (pageBytes == 0) {
      return placed;
    }
    try {
      appendAll(copy, pageBytes, placed);
    } catch (Throwable failed) {
      release(placed);
      throw failed;
    }
    return placed;
  }

  private void appendAll(TractCopy copy, int pageBytes, Placed placed) throws IOException {
    ByteBuffer data = copy.data().duplicate();
    int row = copy.sent().nextSetBit(0);
    while (row >= 0) {
      List<Integer> part = new ArrayList<>();
      int bytes = 0;
      while (row >= 0
          && (part.isEmpty() || bytes + copy.rows().table().length(row) <= payloadMax)) {
        part.add(row);
        bytes += copy.rows().table().length(row);
        row = copy.sent().nextSetBit(row + 1);
      }
      TractRows rows = copy.rows().only(part.stream().mapToInt(Integer::intValue).toArray());
      LogRecord.Moved record =
          new LogRecord.Moved(copy.asOf(), copy.region(), copy.tract(), pageBytes, rows);
      ByteBuffer payload = data.slice(data.position(), bytes);
      data.position(data.position() + bytes);
      Appended at = append(record, payload);
      placed.records().add(at);
      PageTable table = rows.table();
      for (int i = 0; i < part.size(); i++) {
        placed.addresses()[part.get(i)] = at.payload().plus(table.offset(i)).packed();
      }
    }
  }

  Appended append(CheckpointKey asOf, int number, TractRepair.SlimCopy chunk) throws IOException {
    return append(
        new LogRecord.MovedSlim(
            asOf, number, chunk.offset(), chunk.checksum(), chunk.bytes().remaining()),
        chunk.bytes());
  }

  private Appended append(LogRecord record, ByteBuffer payload) throws IOException {
    return log.append(record, payload, use, at -> segments.add(at.record().segment()));
  }

  /** The bytes are pointed to, or never will be. */
  void release(Placed placed) {
    placed.records().forEach(this::release);
    placed.records().clear();
  }

  void release(Appended record) {
    segments.remove(record.record().segment());
  }
}
