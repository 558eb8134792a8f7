package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import java.io.IOException;
import java.util.List;

/**
 * What this replica lacks of committed checkpoints, and how repair says that it lacks less
 * (PROTOCOL R10, R16). Any thread; the method that changes something runs as a change of its own,
 * and does not wait for the disk.
 */
public interface MissingView {
  /** Whether a tract is here as the newest checkpoint of a line has it. */
  boolean isHere(ImageId image, Line line, int region, int tract);

  /** Whether the slim state of a checkpoint is here. */
  boolean isSlimHere(CheckpointKey key);

  /** Every retained checkpoint that lacks something, ascending. */
  List<Lack> lacks();

  /**
   * Every retained checkpoint of which bytes were here and are bad: each tract of them at the
   * newest that shows it. Reads of those pages are answered DAMAGED until they are repaired.
   */
  List<Lack> damages();

  /** What a retained checkpoint lacks: nothing if it is not retained. */
  TractSet lacking(CheckpointKey asOf);

  /**
   * Says that tracts, or the slim state, are here as a checkpoint has them: compared with a peer's
   * digest, or merged. No effect if it is not retained (any more), or once the store is closed.
   *
   * @param tracts those that the image does not have are left out
   */
  void proven(CheckpointKey asOf, TractSet tracts) throws IOException;

  /**
   * @param image the image
   * @param asOf a retained checkpoint
   * @param tracts what of it is not here, tract by tract
   */
  record Lack(ImageId image, CheckpointId asOf, TractSet tracts) {}
}
