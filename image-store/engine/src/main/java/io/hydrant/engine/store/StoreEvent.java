package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.TractKey;
import io.hydrant.engine.replica.DigestReport;

/** Something that happened in the store. */
public sealed interface StoreEvent {
  /** Recovery ended. */
  record Recovered(EntryPosition applied, long recordsScanned, int openCheckpoints, long nanos)
      implements StoreEvent {}

  /** A group sync ended. */
  record Synced(long bytes, long nanos) implements StoreEvent {}

  /** A snapshot is durable: the replicated log may be purged up to it. */
  record SnapshotWritten(EntryPosition position, int maps, long indexBytes, long nanos)
      implements StoreEvent {}

  /** A dead segment's file went back. */
  record SegmentReleased(int segment) implements StoreEvent {}

  /**
   * What is live was moved out of a segment.
   *
   * @param leftBytes that are bad, or were put there meanwhile: they keep the segment
   */
  record SegmentCleaned(int segment, long copiedBytes, long leftBytes, long nanos)
      implements StoreEvent {}

  /**
   * The pages of a tract were written anew in their order.
   *
   * @param pieces in which they were read before
   */
  record TractConsolidated(TractKey tract, long bytes, int pieces, long nanos)
      implements StoreEvent {}

  /** Stored bytes failed their check: a human must look. */
  record Damaged(String where, String what) implements StoreEvent {}

  /**
   * A commit was applied whose bytes have not all come, or are not durable yet (PROTOCOL R10): as a
   * rule they are a moment later.
   *
   * @param receiving they are on their way; else they come by a repair, if not from the leader
   */
  record BytesAwaited(CheckpointKey key, boolean receiving) implements StoreEvent {}

  /**
   * A commit was applied whose bytes came, but are unreadable or others, or have not come where
   * nobody else can have them (PROTOCOL R10).
   */
  record BytesMissing(CheckpointKey key, String why) implements StoreEvent {}

  /** Something that was held is not any more: damaged, or not to be believed. */
  record HoldMarkFell(long before, long now) implements StoreEvent {}

  /** What is here was hashed, as a DigestAt asked (PROTOCOL R24). */
  record DigestTaken(DigestReport report, long nanos) implements StoreEvent {}

  /** The store was closed in order. */
  record Closed(EntryPosition position) implements StoreEvent {}

  /** A write or sync failed: the process must stop (PROTOCOL R13). */
  record Fault(Throwable cause) implements StoreEvent {}
}
