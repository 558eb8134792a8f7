package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.EntryPosition;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** What the state machine needs of the image store; the duties are those of {@code ImageStore}. */
public interface ReplicatedStore {
  /** Position of the last durable snapshot. */
  EntryPosition snapshotPosition();

  /** Whether that is what an operator's recovery has left: the log begins behind it. */
  boolean isRecovered();

  EntryPosition applied();

  /** Applies the next entry. */
  Outcome apply(EntryPosition position, Entry entry) throws IOException;

  /** An entry without a command. */
  void skip(EntryPosition position);

  /** Starts a snapshot in the background unless one is under way. */
  CompletableFuture<EntryPosition> snapshot();
}
