package io.hydrant.node;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.ingest.StagedAlone;
import io.hydrant.node.ingest.StagedGroup;
import io.hydrant.node.ingest.Staging;
import io.hydrant.node.replication.ReplicatedStore;
import io.hydrant.node.restore.Reading;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * The image store, cut into what each part of the node needs of it.
 *
 * @param selfId this replica, as the only holder of what it staged
 * @param alone the group is one, so that its own bytes are all that a commit needs
 */
record EnginePorts(ImageStore store, String selfId, boolean alone)
    implements ReplicatedStore, Staging, Reading {
  /** The store of a group of one. */
  static EnginePorts alone(ImageStore store, String selfId) {
    return new EnginePorts(store, selfId, true);
  }

  /**
   * The store of one of several that cannot forward what it stages: it takes no checkpoints, since
   * what it said yes to would be in one place only.
   */
  static EnginePorts withoutDataPlane(ImageStore store, String selfId) {
    return new EnginePorts(store, selfId, false);
  }

  private void requireAlone() throws Refusal {
    if (!alone) {
      throw new Refusal(
          Rejection.NO_MAJORITY,
          "the nodes of this group do not forward checkpoints to each other: none is taken");
    }
  }

  @Override
  public EntryPosition snapshotPosition() {
    return store.snapshotPosition();
  }

  @Override
  public EntryPosition applied() {
    return store.applied();
  }

  @Override
  public Outcome apply(EntryPosition position, Entry entry) throws IOException {
    return store.apply(position, entry);
  }

  @Override
  public void skip(EntryPosition position) {
    store.skip(position);
  }

  @Override
  public CompletableFuture<EntryPosition> snapshot() {
    return store.snapshot();
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    requireAlone();
    store.admitOpen(open);
  }

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch epoch) throws Refusal {
    requireAlone();
    return new StagedAlone(store.staged(key, epoch), selfId);
  }

  @Override
  public CompletableFuture<Held> held(CheckpointKey key, Epoch epoch, Command.Content claimed)
      throws Refusal, IOException {
    return staged(key, epoch).finish(claimed);
  }

  @Override
  public ReadPoint readPoint(SessionId session) throws Refusal {
    return store.readPoint(session);
  }

  @Override
  public PageReader pages() {
    return store.pages();
  }

  @Override
  public SlimReader slim() {
    return store.slim();
  }
}
