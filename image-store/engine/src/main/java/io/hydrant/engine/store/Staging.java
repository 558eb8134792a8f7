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
import org.jspecify.annotations.Nullable;

/**
 * All staged records of this replica. They die by the log alone (PROTOCOL R9): freed only when an
 * applied entry has made their id final, never by a time-out, a broken stream or a restart.
 */
final class Staging {
  private final SegmentLog log;
  private final GroupSync sync;
  private final PageCodec codec;
  private final StagedReader reader;
  private final ConcurrentHashMap<CheckpointKey, Staged> staged = new ConcurrentHashMap<>();

  Staging(
      SegmentLog log,
      GroupSync sync,
      PageCodec codec,
      StagedReader reader,
      Collection<StagedRecords> recovered) {
    this.log = log;
    this.sync = sync;
    this.codec = codec;
    this.reader = reader;
    recovered.forEach(records ->
        staged.put(
            records.key(), new Staged(records, new RecoveredCheckpoint(records, reader), null)));
  }

  /** The receiver of an open checkpoint; always the same one for the same key. */
  StagedCheckpoint receiver(CheckpointKey key, CheckpointInfo checkpoint) {
    return staged.computeIfAbsent(key, _ -> begin(key, checkpoint)).receiver();
  }

  private Staged begin(CheckpointKey key, CheckpointInfo checkpoint) {
    StagedRecords records = new StagedRecords(key, checkpoint.epoch());
    StagingSession session = new StagingSession(records, checkpoint, log, sync, codec);
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
    return removed.records();
  }

  /** Removes a receiver to which nothing was appended. */
  void discardIfEmpty(CheckpointKey key) {
    staged.computeIfPresent(key, (_, one) -> one.records().isEmpty() ? null : one);
  }

  void dropImage(ImageId image) {
    staged.keySet().stream().filter(key -> key.image().equals(image)).forEach(this::take);
  }

  /**
   * Records of all checkpoints that are not final, ascending by key. Those that were appended
   * before the caller read the log's end are all noted in them.
   */
  List<StagedRecords> quiesced() {
    return staged.values().stream()
        .peek(one -> {
          if (one.session() != null) {
            one.session().quiesce();
          }
        })
        .map(Staged::records)
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
