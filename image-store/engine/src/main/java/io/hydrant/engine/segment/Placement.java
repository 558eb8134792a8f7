package io.hydrant.engine.segment;

/**
 * Where a record goes; part of its checksums.
 *
 * @param life of the segment
 * @param offset of the record in the segment
 */
record Placement(long life, int offset) {}
