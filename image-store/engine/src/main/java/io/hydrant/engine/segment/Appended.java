package io.hydrant.engine.segment;

import io.hydrant.engine.model.Address;

/**
 * Where a record went.
 *
 * @param record its first byte; what {@code SegmentLog.readRecord} takes
 * @param payload first byte of its payload
 * @param end packed address behind it: durable once {@code SegmentLog.durable()} is not below
 *     (unsigned)
 */
public record Appended(Address record, Address payload, long end) {}
