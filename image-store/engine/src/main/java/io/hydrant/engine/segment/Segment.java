package io.hydrant.engine.segment;

/** A segment of the log: open, then sealed, then released. */
sealed interface Segment permits OpenSegment, SealedSegment {
  SegmentFile file();

  /** Header and records. */
  long usedBytes();
}
