package io.hydrant.node.ingest;

import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.v1.Reason;

/** Where a stream's attempts say what became of them. Called in the stream's mailbox. */
interface AttemptAnswers {
  void opened(long attempt, CheckpointKey key);

  void durable(long attempt, int batches);

  void committed(long attempt, Outcome.Committed committed);

  /**
   * @param head to build on; 0 if there is none
   */
  void rejected(long attempt, Reason reason, String message, long head);

  /** The stream cannot go on; attempts whose commit was sent must be settled. */
  void broken(Throwable failure);

  /** Something changed: messages that waited may be handled now. */
  void advanced();
}
