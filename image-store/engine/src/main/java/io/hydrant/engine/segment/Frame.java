package io.hydrant.engine.segment;

/**
 * What a record's header says of the record's bytes rather than of its content.
 *
 * @param headerBytes fixed header and page table
 * @param headerChecksum goes into the footer's checksum over all records
 * @param durableThrough offset in the segment below which everything was durable when this was
 *     appended
 */
record Frame(
    int headerBytes,
    int payloadBytes,
    int headerChecksum,
    int payloadChecksum,
    int durableThrough) {

  /** Length with padding: where the next record begins. */
  int recordBytes() {
    return SegmentFormat.aligned(headerBytes + payloadBytes);
  }
}
