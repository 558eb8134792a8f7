package io.hydrant.engine.catalog;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.Epoch;
import java.util.Optional;
import java.util.SortedSet;

/**
 * Those checks at apply that rarely decide anything, because others come before them, and without
 * which two attempts could both come true. Part of the replicated state machine: all replicas have
 * the same. There is one set of rules, the protocol's; another one is a bug that a simulation
 * plants to see whether it would find it.
 */
public interface CatalogRules {
  /** PROTOCOL R3 and R4. */
  CatalogRules PROTOCOL = new CatalogRules() {};

  /**
   * What a new Open aborts.
   *
   * @param beside the open checkpoints that the new one does not build on
   */
  default SortedSet<CheckpointId> endedByOpen(SortedSet<CheckpointId> beside) {
    return beside;
  }

  /** Whether who proposed a Commit may still write. */
  default boolean mayCommit(Epoch proposed, Epoch current) {
    return proposed.equals(current) && !proposed.equals(Epoch.NONE);
  }

  /** Whether an open checkpoint may follow the head. */
  default boolean mayFollow(CheckpointInfo open, Optional<CheckpointId> head) {
    return open.kind() == CheckpointKind.FULL || open.base().equals(head);
  }
}
