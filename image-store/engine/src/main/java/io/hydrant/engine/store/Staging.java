package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentLog;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All staged records of this replica. They die by the log alone (PROTOCOL R9): freed only when an
 * applied entry has made their id final, never by a time-out, a broken stream or a restart.
 */
final class Staging {
  private final SegmentLog log;
  private final GroupSync sync;
  private final PageCodec codec;
  private final RecentRecords recent;
  private final StagedReader reader;
  private final ConcurrentHashMap<CheckpointKey, Staged> staged = new ConcurrentHashMap<>();

  /** Committed, but what was staged could not be read. */
  private final ConcurrentHashMap<CheckpointKey, StagedRecords> kept = new ConcurrentHashMap<>();

  /**
   * @param isMissing whether the checkpoint was committed without its bytes being readable here
   */
  Staging(
      SegmentLog log,
      GroupSync sync,
      PageCodec codec,
      RecentRecords recent,
      Collection<StagedRecords> recovered,
      Predicate<CheckpointKey> isMissing) {
    this.log = log;
    this.sync = sync;
    this.codec = codec;
    this.recent = recent;
    this.reader = new StagedReader(log, recent);
    for (StagedRecords records : recovered) {
      if (isMissing.test(records.key())) {
        kept.put(records.key(), records);
      } else {
        staged.put(
            records.key(),
            new Staged(records, new RecoveredCheckpoint(records, reader, codec), null));
      }
    }
  }

  /** The receiver of an open checkpoint; always the same one for the same key. */
  StagedCheckpoint receiver(CheckpointKey key, CheckpointInfo checkpoint) {
    return staged.computeIfAbsent(key, _ -> begin(key, checkpoint)).receiver();
  }

  private Staged begin(CheckpointKey key, CheckpointInfo checkpoint) {
    StagedRecords records = new StagedRecords(key, checkpoint.epoch());
    StagingSession session = new StagingSession(records, checkpoint, log, recent, sync, codec);
    return new Staged(records, session, session);
  }

  /** Takes a checkpoint's records out: its id is final. Null if there are none. */
  @Nullable StagedRecords take(CheckpointKey key) {
    Staged removed = staged.remove(key);
    if (removed == null) {
      return null;
    }
    if (removed.session() != null) {
      removed.session().close();
    }
    removed.records().freeze();
    return removed.records();
  }

  /** Drops a checkpoint's records: its id is final, and not committed. */
  void drop(CheckpointKey key) {
    StagedRecords records = take(key);
    if (records != null) {
      records.lists().forEach(recent::forget);
    }
  }

  /**
   * Keeps the records of a checkpoint that was committed but could not be published. Within a
   * change.
   */
  void keep(StagedRecords records) {
    kept.put(records.key(), records);
  }

  /** Nothing builds on that checkpoint any more. Within a change. */
  void forget(CheckpointKey key) {
    kept.remove(key);
  }

  /** Removes a receiver to which nothing was appended. */
  void discardIfEmpty(CheckpointKey key) {
    staged.computeIfPresent(key, (_, one) -> one.records().isEmpty() ? null : one);
  }

  void dropImage(ImageId image) {
    staged.keySet().stream().filter(key -> key.image().equals(image)).forEach(this::drop);
    kept.keySet().removeIf(key -> key.image().equals(image));
  }

  /**
   * Records of all checkpoints that are not final, and of those that could not be published,
   * ascending by key. What lies before a log end that the caller read earlier is noted in them.
   */
  List<StagedRecords> records() {
    return Stream.concat(staged.values().stream().map(Staged::records), kept.values().stream())
        .sorted(Comparator.comparing(StagedRecords::key))
        .toList();
  }

  int size() {
    return staged.size();
  }

  StagedReader reader() {
    return reader;
  }

  /**
   * @param session null for records that an earlier life left
   */
  private record Staged(
      StagedRecords records, StagedCheckpoint receiver, @Nullable StagingSession session) {}

  /** Collects what recovery finds, before there is a log to append to. */
  static void note(
      java.util.Map<CheckpointKey, StagedRecords> recovered, LogRecord record, Appended at) {
    recovered
        .computeIfAbsent(record.key(), key -> new StagedRecords(key, record.epoch()))
        .add(record, at);
  }
}
