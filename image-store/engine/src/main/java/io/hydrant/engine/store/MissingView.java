package io.hydrant.engine.store;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.Line;
import java.io.IOException;
import java.util.List;

/**
 * What this replica lacks of committed checkpoints, and how repair says that it lacks less
 * (PROTOCOL R10, R16). Any thread; the methods that change something run as a change of their own,
 * and do not wait for the disk.
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
   * Says which tracts a checkpoint had changed whose bytes are missing: the others are not missing
   * through it. Of a list of last changes as of a retained checkpoint, that is every tract that was
   * changed by {@code missing} or later: what a later one changed may have been changed by this one
   * as well, and would be served with its old pages. What was left out once stays out. The slim
   * state is missing until it is proven. No effect if the checkpoint is not missing (any more), if
   * nothing retained builds on it, or once the store is closed.
   *
   * @param only tracts that the image does not have are left out
   */
  void listed(CheckpointKey missing, TractSet only) throws IOException;

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
