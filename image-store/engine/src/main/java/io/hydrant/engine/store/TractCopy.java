package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Digest;
import io.hydrant.engine.model.TractRows;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Optional;

/**
 * A tract as of a checkpoint, as another replica has it, or as it is once the other's rows are put
 * together with those that are here; with the bytes that are not here.
 *
 * @param rows of all its pages
 * @param sent rows, by number, whose bytes came; every page verified
 * @param data the encoded pages of those rows one after the other, from position to limit
 * @param joined if the rows are the other's and this replica's together
 */
public record TractCopy(
    CheckpointKey asOf,
    int region,
    int tract,
    TractRows rows,
    BitSet sent,
    ByteBuffer data,
    Optional<Joined> joined) {

  /**
   * What must still be so when the copy is merged.
   *
   * @param theirs what the other's rows leave out: nothing that is left out here as well
   * @param own digest of the rows that were here
   */
  public record Joined(TractHoles theirs, Digest own) {}
}
