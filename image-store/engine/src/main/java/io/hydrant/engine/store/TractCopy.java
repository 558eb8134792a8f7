package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.TractRows;
import java.nio.ByteBuffer;
import java.util.BitSet;

/**
 * A tract as of a checkpoint, as another replica has it, with the bytes that are not here.
 *
 * @param rows of all its pages
 * @param sent rows, by number, whose bytes came; every page verified
 * @param data the encoded pages of those rows one after the other, from position to limit
 */
public record TractCopy(
    CheckpointKey asOf, int region, int tract, TractRows rows, BitSet sent, ByteBuffer data) {}
