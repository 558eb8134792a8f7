package io.hydrant.engine.segment;

/**
 * A segment to which nothing will be appended any more.
 *
 * @param usedBytes header and records
 */
record SealedSegment(SegmentFile file, long usedBytes) implements Segment {}
