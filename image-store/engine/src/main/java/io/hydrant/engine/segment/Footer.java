package io.hydrant.engine.segment;

/**
 * Content of the FOOTER record.
 *
 * @param records records before it in the segment
 * @param recordBytes their length with padding
 * @param recordsChecksum CRC32C over the header checksums of all of them, in order
 */
record Footer(int records, long recordBytes, int recordsChecksum) {}
