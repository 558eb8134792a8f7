package io.hydrant.bench.measure;

/**
 * One turn of one side.
 *
 * @param index from 0 among the warm-up rounds, and from 0 again among the counted ones
 * @param counted false while warming up
 */
public record Round(int index, boolean counted) {}
