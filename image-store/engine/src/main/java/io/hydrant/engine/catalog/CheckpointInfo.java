package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.RegionTable;
import java.util.Optional;

/**
 * A checkpoint that is open, or committed and not retired.
 *
 * @param base empty for a full checkpoint
 * @param regions the region table of the full checkpoint at the root of its line
 * @param commit empty while it is open
 */
public record CheckpointInfo(
    CheckpointId id,
    Optional<CheckpointId> base,
    CheckpointKind kind,
    Epoch epoch,
    RegionTable regions,
    Optional<CommitInfo> commit) {

  /**
   * @param content what it holds
   * @param committedMillis catalog time of the commit
   * @param index log index of the commit
   */
  public record CommitInfo(Command.Content content, long committedMillis, long index) {}
}
