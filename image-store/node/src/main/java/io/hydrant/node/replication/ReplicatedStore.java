package io.hydrant.node.replication;

import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.MalformedCatalogException;
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

  /**
   * Takes over another replica's catalog instead of the entries up to it, durably; nothing is
   * applied meanwhile.
   *
   * @return the position that it is of
   * @throws MalformedCatalogException if it is none; nothing has changed
   * @throws io.hydrant.engine.files.DiskFullException to be repeated
   */
  EntryPosition install(byte[] catalog) throws IOException, MalformedCatalogException;

  /** Whether the last durable snapshot is what an install brought. */
  boolean isInstalled();

  /** Starts a snapshot in the background unless one is under way. */
  CompletableFuture<EntryPosition> snapshot();
}
