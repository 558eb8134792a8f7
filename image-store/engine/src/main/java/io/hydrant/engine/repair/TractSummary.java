package io.hydrant.engine.repair;

import io.hydrant.engine.model.Digest;

/**
 * One tract as of a checkpoint.
 *
 * @param lastChange id of the newest checkpoint that wrote a page of it, or declared it zero
 * @param digest {@link io.hydrant.engine.model.TractRows#digest}
 * @param bytes encoded, of all its pages
 */
public record TractSummary(int region, int tract, long lastChange, Digest digest, long bytes) {}
