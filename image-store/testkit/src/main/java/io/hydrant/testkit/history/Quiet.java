package io.hydrant.testkit.history;

import java.util.SortedMap;

/**
 * What the replicas say after the faults have ended and there was time enough.
 *
 * @param end log index of the last entry
 * @param holdMarks of every voter, by name
 */
public record Quiet(long end, SortedMap<String, Long> holdMarks) {}
