package io.hydrant.engine.store;

import io.hydrant.engine.files.CorruptionException;
import io.hydrant.engine.files.UnsupportedFormatException;
import io.hydrant.engine.files.WrongIdentityException;
import io.hydrant.engine.index.IndexKeys;
import io.hydrant.engine.index.PageIndex;
import io.hydrant.engine.model.Address;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.StoreIdentity;
import io.hydrant.engine.segment.Appended;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The rows of the index that say what the rest of it means, written in the same flush (PROTOCOL
 * R14): applied position, where the log scan starts, and the staged records before that. Layout:
 * docs/formats/index.md.
 */
final class StateRows {
  /**
   * Survivors have segments of their own, which older versions of Hydrant would take for the log.
   */
  static final int VERSION = 4;

  private static final int VERSION_OLDEST = 1;

  /** Ends with the identity: there were no survivors. */
  private static final int VERSION_WITHOUT_SURVIVORS = 3;

  private static final byte[] POSITION = IndexKeys.state("position");
  private static final byte[] STAGED = IndexKeys.state("staged");
  private static final byte[] USAGE = IndexKeys.state("usage");
  private static final byte[] MISSING = IndexKeys.state("missing");
  private static final byte[] INSTALLED = IndexKeys.state("installed");
  private static final byte[] DAMAGED = IndexKeys.state("damaged");
  private static final int POSITION_BYTES_OLD = 4 + 3 * 8 + 3 * 16;
  private static final int POSITION_BYTES = POSITION_BYTES_OLD + 8;
  private static final int RECORD_BYTES = 3 * 8;
  private static final int INSTALLED_BYTES = 2 * 8;

  private StateRows() {}

  /**
   * Where a flush stands.
   *
   * @param scanStart packed address: records behind it are found by scanning the log
   * @param survivorsEnd packed address: nothing of this flush points behind it among survivors; 0:
   *     there are none
   */
  record Position(EntryPosition applied, long scanStart, long survivorsEnd) {}

  /** Reads the position; null if the index was never flushed. */
  static @Nullable Position position(PageIndex index, StoreIdentity identity) throws IOException {
    byte[] bytes = index.get(POSITION);
    if (bytes == null) {
      return null;
    }
    requirePositionBytes(POSITION_BYTES_OLD, Math.min(bytes.length, POSITION_BYTES_OLD));
    ByteBuffer row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    int version = row.getInt();
    if (version < VERSION_OLDEST || version > VERSION) {
      throw new UnsupportedFormatException("the page index", version, VERSION_OLDEST, VERSION);
    }
    boolean old = version <= VERSION_WITHOUT_SURVIVORS;
    requirePositionBytes(old ? POSITION_BYTES_OLD : POSITION_BYTES, bytes.length);
    EntryPosition applied = new EntryPosition(row.getLong(), row.getLong());
    long scanStart = row.getLong();
    requireIdentity("cluster", identity.cluster(), row);
    requireIdentity("group", identity.group(), row);
    requireIdentity("store", identity.store(), row);
    return new Position(applied, scanStart, old ? 0 : row.getLong());
  }

  private static void requirePositionBytes(int expected, int actual) throws CorruptionException {
    if (actual != expected) {
      throw new CorruptionException(
          "index, position row", 0, expected + " bytes", actual + " bytes");
    }
  }

  private static void requireIdentity(String what, UUID expected, ByteBuffer row)
      throws IOException {
    UUID actual = new UUID(row.getLong(), row.getLong());
    if (!actual.equals(expected)) {
      throw new WrongIdentityException("the page index", what, expected, actual);
    }
  }

  static PageIndex.Change putPosition(Position position, StoreIdentity identity) {
    ByteBuffer row = ByteBuffer.allocate(POSITION_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    row.putInt(VERSION);
    row.putLong(position.applied().term()).putLong(position.applied().index());
    row.putLong(position.scanStart());
    for (UUID id : List.of(identity.cluster(), identity.group(), identity.store())) {
      row.putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    }
    row.putLong(position.survivorsEnd());
    return new PageIndex.Change.Put(POSITION, row.array());
  }

  static PageIndex.Change putUsage(byte[] usage) {
    return new PageIndex.Change.Put(USAGE, usage);
  }

  static byte @Nullable [] usage(PageIndex index) throws IOException {
    return index.get(USAGE);
  }

  static PageIndex.Change putMissing(byte[] missing) {
    return new PageIndex.Change.Put(MISSING, missing);
  }

  static byte @Nullable [] missing(PageIndex index) throws IOException {
    return index.get(MISSING);
  }

  /** The state of this flush came from another replica. */
  static PageIndex.Change putInstalled(EntryPosition position) {
    ByteBuffer row = ByteBuffer.allocate(INSTALLED_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    row.putLong(position.term()).putLong(position.index());
    return new PageIndex.Change.Put(INSTALLED, row.array());
  }

  /** Where the last install was; {@link EntryPosition#NONE} if there never was one. */
  static EntryPosition installed(PageIndex index) throws IOException {
    byte[] bytes = index.get(INSTALLED);
    if (bytes == null) {
      return EntryPosition.NONE;
    }
    if (bytes.length != INSTALLED_BYTES) {
      throw new CorruptionException(
          "index, installed row", 0, INSTALLED_BYTES + " bytes", bytes.length + " bytes");
    }
    ByteBuffer row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return new EntryPosition(row.getLong(), row.getLong());
  }

  static PageIndex.Change putDamaged(byte[] damaged) {
    return new PageIndex.Change.Put(DAMAGED, damaged);
  }

  static byte @Nullable [] damaged(PageIndex index) throws IOException {
    return index.get(DAMAGED);
  }

  /** The staged records that lie before the scan start, and the segments that hold them. */
  record StagedRow(byte[] bytes, Set<Integer> segments) {}

  /**
   * @param scanStart records from here on are left out: the scan finds them
   */
  static StagedRow encodeStaged(List<StagedRecords> staged, long scanStart) {
    Set<Integer> segments = new HashSet<>();
    ByteBuffer row = ByteBuffer.allocate(stagedBytes(staged)).order(ByteOrder.LITTLE_ENDIAN);
    for (StagedRecords records : staged) {
      synchronized (records) {
        row.putLong(records.key().image().value()).putLong(records.key().checkpoint().value());
        row.putLong(records.epoch().value());
        for (AppendedList list : records.lists()) {
          int countAt = row.position();
          row.putInt(0);
          int count = 0;
          for (int number = 0; number < list.size(); number++) {
            if (list.has(number) && Long.compareUnsigned(list.end(number), scanStart) <= 0) {
              Appended at = list.get(number);
              row.putInt(number);
              row.putLong(at.record().packed()).putLong(at.payload().packed()).putLong(at.end());
              segments.add(at.record().segment());
              count++;
            }
          }
          row.putInt(countAt, count);
        }
      }
    }
    return new StagedRow(java.util.Arrays.copyOf(row.array(), row.position()), segments);
  }

  private static int stagedBytes(List<StagedRecords> staged) {
    long bytes = 0;
    for (StagedRecords records : staged) {
      synchronized (records) {
        bytes += 3 * 8 + 3 * 4;
        for (AppendedList list : records.lists()) {
          bytes += (long) list.size() * (4 + RECORD_BYTES);
        }
      }
    }
    return Math.toIntExact(bytes);
  }

  static PageIndex.Change putStaged(StagedRow staged) {
    return new PageIndex.Change.Put(STAGED, staged.bytes());
  }

  static Map<CheckpointKey, StagedRecords> staged(PageIndex index) throws IOException {
    byte[] bytes = index.get(STAGED);
    return bytes == null ? new HashMap<>() : decodeStaged(bytes);
  }

  static Map<CheckpointKey, StagedRecords> decodeStaged(byte[] bytes) throws IOException {
    Map<CheckpointKey, StagedRecords> staged = new HashMap<>();
    ByteBuffer row = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    try {
      while (row.hasRemaining()) {
        CheckpointKey key = CheckpointKey.of(row.getLong(), row.getLong());
        StagedRecords records = new StagedRecords(key, new Epoch(row.getLong()));
        for (AppendedList list : records.lists()) {
          decodeList(row, list);
        }
        staged.put(key, records);
      }
    } catch (java.nio.BufferUnderflowException | IllegalArgumentException e) {
      throw new CorruptionException(
          "index, staged row", row.position(), "staged records", "" + e.getMessage());
    }
    return staged;
  }

  private static void decodeList(ByteBuffer row, AppendedList list) {
    int count = row.getInt();
    if (count < 0 || count > row.remaining() / (4 + RECORD_BYTES)) {
      throw new IllegalArgumentException(count + " records in " + row.remaining() + " bytes");
    }
    int last = -1;
    for (int i = 0; i < count; i++) {
      int number = row.getInt();
      // Numbers ascend without gaps but for what the scan finds: a gap as large as the row is a
      // lie.
      if (number <= last || number > last + 1 + row.capacity()) {
        throw new IllegalArgumentException("record number " + number + " behind " + last);
      }
      last = number;
      Appended at =
          new Appended(
              Address.ofPacked(row.getLong()), Address.ofPacked(row.getLong()), row.getLong());
      list.set(number, at);
    }
  }
}
