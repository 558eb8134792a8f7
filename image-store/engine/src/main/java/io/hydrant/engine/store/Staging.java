package io.hydrant.engine.store;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.codec.PageCodec;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.segment.Appended;
import io.hydrant.engine.segment.LogRecord;
import io.hydrant.engine.segment.SegmentLog;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All staged records of this replica. They die by the log alone (PROTOCOL R9): freed only when an
 * applied entry has made their id final, never by a time-out, a broken stream or a restart.
 *
 * <pre>
 * staged   the applied catalog does not know the id yet, or has it open
 * late     committed, but not published yet: bytes still come or are not durable, or could not be
 *          read; noted as missing
 * </pre>
 */
final class Staging {
  /**
   * Ids that came with frames before their Open was applied here: two an image, of as many images
   * as write at once while this replica lags by an entry or two.
   */
  static final int UNKNOWN_IDS_MAX = 64;

  /** Receivers of committed checkpoints whose bytes still come: as many. */
  static final int LATE_RECEIVERS_MAX = 64;

  private final SegmentLog log;
  private final GroupSync sync;
  private final PageCodec codec;
  private final RecentRecords recent;
  private final StagedReader reader;
  private final ConcurrentHashMap<CheckpointKey, Staged> staged = new ConcurrentHashMap<>();

  private final ConcurrentHashMap<CheckpointKey, Staged> late = new ConcurrentHashMap<>();

  /** Bytes by image that were published in this life: see {@link #flow}. Its own lock. */
  private final Map<ImageId, Long> published = new HashMap<>();

  /** Of checkpoints that still wait, what is in the maps already; under the lock of the former. */
  private final Map<CheckpointKey, Long> merged = new HashMap<>();

  private @Nullable Merging merging;

  /** How often something of the above changed. */
  private volatile long moves;

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
      (isMissing.test(records.key()) ? late : staged)
          .put(
              records.key(),
              new Staged(records, new RecoveredCheckpoint(records, reader, codec), null));
    }
  }

  /** The receiver of an open checkpoint; always the same one for the same key. */
  StagedCheckpoint receiver(CheckpointKey key, CheckpointInfo checkpoint) {
    return staged.computeIfAbsent(key, _ -> begin(key, checkpoint)).receiver();
  }

  /**
   * As {@link #receiver}, of an id that the applied catalog does not know yet: there may be so
   * many.
   *
   * @param isUnknown whether an id is one of those
   * @return empty if there are too many
   */
  synchronized Optional<StagedCheckpoint> receiverOfUnknown(
      CheckpointKey key, CheckpointInfo checkpoint, Predicate<CheckpointKey> isUnknown) {
    if (!staged.containsKey(key)
        && staged.keySet().stream().filter(isUnknown).count() >= UNKNOWN_IDS_MAX) {
      return Optional.empty();
    }
    return Optional.of(receiver(key, checkpoint));
  }

  /** As {@link StagingSession#frame}; empty if nothing is received for the key. */
  Optional<StagedFrame> frame(CheckpointKey key, long sequence) throws IOException {
    Staged one = anywhere(key);
    return one == null || one.session() == null ? Optional.empty() : one.session().frame(sequence);
  }

  private Staged begin(CheckpointKey key, CheckpointInfo checkpoint) {
    StagedRecords records = new StagedRecords(key, checkpoint.epoch());
    StagingSession session = new StagingSession(records, checkpoint, log, recent, sync, codec);
    return new Staged(records, session, session);
  }

  /** What is staged of a checkpoint that is not final; null if nothing is. */
  @Nullable Staged staged(CheckpointKey key) {
    return staged.get(key);
  }

  /** What is here of a committed checkpoint that is not published; null if nothing is. */
  @Nullable Staged late(CheckpointKey key) {
    return late.get(key);
  }

  /** What is here of a checkpoint, final or not; null if nothing is. */
  @Nullable Staged anywhere(CheckpointKey key) {
    Staged one = staged.get(key);
    return one == null ? late.get(key) : one;
  }

  /**
   * Whether all bytes of a committed checkpoint of the image came, up to {@code newest}, and it is
   * to be published in a moment: when they are durable and merged. What an earlier life left is
   * published in a moment, or let go.
   *
   * @param isUnreadable of those whose bytes cannot be read, which nobody publishes
   */
  boolean isCompletingUpTo(CheckpointKey newest, Predicate<CheckpointKey> isUnreadable) {
    return late.values().stream()
        .filter(one -> one.session() == null || one.session().isFinished())
        .map(one -> one.records().key())
        .anyMatch(key ->
            key.image().equals(newest.image())
                && key.checkpoint().compareTo(newest.checkpoint()) <= 0
                && !isUnreadable.test(key));
  }

  /** Keys of what is not final, ascending. */
  List<CheckpointKey> stagedKeys() {
    return staged.keySet().stream().sorted().toList();
  }

  /** Keys of what is committed and not published, ascending. */
  List<CheckpointKey> lateKeys() {
    return late.keySet().stream().sorted().toList();
  }

  private static void end(@Nullable Staged removed) {
    if (removed == null) {
      return;
    }
    if (removed.session() != null) {
      removed.session().close();
    }
    removed.records().freeze();
  }

  /** Drops a checkpoint's records: its id is final, and they are not going to be published. */
  void drop(CheckpointKey key) {
    drop(staged.remove(key));
  }

  private void drop(@Nullable Staged removed) {
    end(removed);
    if (removed != null) {
      synchronized (published) {
        merged.remove(removed.records().key());
      }
      removed.records().lists().forEach(recent::forget);
    }
  }

  /**
   * The checkpoint is committed, and what is staged of it stays as it is, a receiver open. What is
   * late already goes on: whoever began another receiver, because the entry came in between, has
   * handed it to nobody. Within a change.
   */
  void moveToLate(CheckpointKey key) {
    Staged moved = staged.get(key);
    if (moved == null) {
      return;
    }
    // In this order, so that who lists both misses none.
    Staged before = late.putIfAbsent(key, moved);
    staged.remove(key);
    if (before != null && before != moved) {
      drop(moved);
    }
  }

  /**
   * As {@link #moveToLate}; if there are too many receivers then, the one that was fed least
   * recently is forgotten, of those that have not ended. Within a change.
   */
  void moveToLateBounded(CheckpointKey key) {
    moveToLate(key);
    if (lateReceivers() <= LATE_RECEIVERS_MAX) {
      return;
    }
    late.entrySet().stream()
        .filter(one -> !one.getKey().equals(key))
        .filter(one -> one.getValue().session() != null && !one.getValue().session().isFinished())
        .min((a, b) -> Long.compareUnsigned(fed(a.getValue()), fed(b.getValue())))
        .map(Map.Entry::getKey)
        .ifPresent(this::forget);
  }

  private static long fed(Staged one) {
    StagingSession session = one.session();
    return session == null ? 0 : session.fed();
  }

  private long lateReceivers() {
    return late.values().stream().filter(one -> one.session() != null).count();
  }

  /**
   * The receiver of a committed checkpoint whose bytes have not all come. Within a change.
   *
   * @return empty if there are too many
   */
  Optional<Staged> receiverOfLate(CheckpointKey key, CheckpointInfo checkpoint) {
    moveToLate(key);
    Staged one = late.get(key);
    if (one == null) {
      if (lateReceivers() >= LATE_RECEIVERS_MAX) {
        return Optional.empty();
      }
      one = begin(key, checkpoint);
      late.put(key, one);
    }
    return Optional.of(one);
  }

  /** A committed checkpoint is published. Within a change. */
  void published(CheckpointKey key) {
    Staged removed;
    synchronized (published) {
      removed = late.remove(key);
      moves++;
      merged.remove(key);
      if (removed != null) {
        published.merge(key.image(), removed.bytes(), Long::sum);
      }
    }
    end(removed);
  }

  /**
   * Bytes of an image begin to go into its maps. Within a change, so no others do meanwhile.
   *
   * @param mappedBytes that the maps have before
   */
  void mergeBegins(ImageId image, long mappedBytes) {
    synchronized (published) {
      moves++;
      merging = new Merging(image, mappedBytes);
    }
  }

  /** Some of a checkpoint's bytes, or all, are in the maps, which have so many now. */
  void mergeEnds(CheckpointKey key, long mappedBytes) {
    synchronized (published) {
      moves++;
      Merging begun = merging;
      if (begun != null && mappedBytes > begun.mappedBytes()) {
        merged.merge(key, mappedBytes - begun.mappedBytes(), Long::sum);
      }
      merging = null;
    }
  }

  /** Unchanged: between two looks nothing went into the maps. Any thread. */
  long moves() {
    return moves;
  }

  /** What of an image waits here, and what went on into its maps: as of one moment. Any thread. */
  Flow flow(ImageId image) {
    synchronized (published) {
      long waiting =
          Stream.concat(staged.values().stream(), late.values().stream())
              .filter(one -> one.records().key().image().equals(image))
              .distinct()
              .mapToLong(
                  one -> Math.max(0, one.bytes() - merged.getOrDefault(one.records().key(), 0L)))
              .sum();
      Merging now = merging;
      return new Flow(
          waiting,
          published.getOrDefault(image, 0L),
          now != null && now.image().equals(image)
              ? OptionalLong.of(now.mappedBytes())
              : OptionalLong.empty());
    }
  }

  /**
   * Encoded bytes of pages and slim states.
   *
   * @param waiting of checkpoints that are not final, or not published yet
   * @param published of those that were published in this life; never less than before
   * @param mappedBefore what the maps had when bytes that still wait here began to go into them
   */
  record Flow(long waiting, long published, OptionalLong mappedBefore) {}

  private record Merging(ImageId image, long mappedBytes) {}

  /** What is here of a committed checkpoint is of no use (any more). Within a change. */
  void forget(CheckpointKey key) {
    drop(late.remove(key));
  }

  /** Removes a receiver to which nothing was appended. */
  void discardIfEmpty(CheckpointKey key) {
    staged.computeIfPresent(
        key,
        (_, one) -> {
          if (!one.records().isEmpty()) {
            return one;
          }
          end(one);
          return null;
        });
  }

  void dropImage(ImageId image) {
    staged.keySet().stream().filter(key -> key.image().equals(image)).forEach(this::drop);
    late.keySet().stream().filter(key -> key.image().equals(image)).forEach(this::forget);
    synchronized (published) {
      published.remove(image);
    }
  }

  /**
   * Records of all checkpoints that are not final, and of those that are not published yet,
   * ascending by key. What lies before a log end that the caller read earlier is noted in them.
   */
  List<StagedRecords> records() {
    return Stream.concat(staged.values().stream(), late.values().stream())
        .map(Staged::records)
        .distinct()
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
  record Staged(
      StagedRecords records, StagedCheckpoint receiver, @Nullable StagingSession session) {
    /** Encoded bytes of pages and slim state; of what an earlier life left, at most so many. */
    long bytes() {
      return session == null ? records.extentBytes() : session.stagedBytes();
    }
  }

  /** Collects what recovery finds, before there is a log to append to. */
  static void note(Map<CheckpointKey, StagedRecords> recovered, LogRecord record, Appended at) {
    if (record instanceof LogRecord.Moved || record instanceof LogRecord.MovedSlim) {
      return; // only flushed rows point to it, and those that were not flushed are missing again
    }
    recovered
        .computeIfAbsent(record.key(), key -> new StagedRecords(key, record.epoch()))
        .add(record, at);
  }
}
