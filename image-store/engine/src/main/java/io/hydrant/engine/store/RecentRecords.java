package io.hydrant.engine.store;

import io.hydrant.engine.model.Address;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was appended lately, without page bytes: publishing a checkpoint that came a moment ago
 * reads nothing back from the device. Bounded: what is pushed out is read from the log. Safe for
 * use by many threads.
 */
final class RecentRecords {
  /** Of a record with its keys and the entry that holds it. */
  private static final int ENTRY_BYTES = 256;

  private static final int PAGE_ROW_BYTES = 11;

  private final long bytesMax;
  private final Map<Long, Recent> byAddress = new LinkedHashMap<>();
  private long bytes;

  RecentRecords(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * @param payload of a manifest part; null for everything else
   */
  record Recent(LogRecord record, @Nullable ByteBuffer payload) {
    private long bytes() {
      return ENTRY_BYTES
          + (payload == null ? 0 : payload.remaining())
          + (record instanceof LogRecord.Patch patch
              ? (long) patch.table().size() * PAGE_ROW_BYTES
              : 0);
    }
  }

  /**
   * @param payload as it was appended; kept if the record is a manifest part
   */
  synchronized void add(Appended at, LogRecord record, ByteBuffer payload) {
    Recent recent =
        new Recent(record, record instanceof LogRecord.Manifest ? payload.duplicate() : null);
    byAddress.put(at.record().packed(), recent);
    bytes += recent.bytes();
    Iterator<Recent> oldest = byAddress.values().iterator();
    while (bytes > bytesMax && oldest.hasNext()) {
      bytes -= oldest.next().bytes();
      oldest.remove();
    }
  }

  /** Takes a record out: it is read back once. Null if it is not here any more. */
  synchronized @Nullable Recent take(Address record) {
    Recent recent = byAddress.remove(record.packed());
    if (recent != null) {
      bytes -= recent.bytes();
    }
    return recent;
  }

  /** Nobody will read these back. */
  synchronized void forget(AppendedList list) {
    for (int number = 0; number < list.size(); number++) {
      if (list.has(number)) {
        take(list.get(number).record());
      }
    }
  }

  synchronized int size() {
    return byAddress.size();
  }
}
