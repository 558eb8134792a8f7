package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import java.io.IOException;

/** What ingest needs of the image store; the duties are those of {@code ImageStore}. */
public interface Staging {
  /**
   * Refuses a checkpoint that this replica cannot take: nearly full, too large, or on a damaged
   * line.
   */
  void admitOpen(Command.Open open) throws Refusal, IOException;

  /** The staged records of an open checkpoint; the same object for the same key. */
  StagedCheckpoint staged(CheckpointKey key, Epoch epoch) throws Refusal;
}
