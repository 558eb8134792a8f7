package io.hydrant.node;

import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.MalformedCatalogException;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.SessionId;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.PageReader;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.SlimReader;
import io.hydrant.node.data.Adoption;
import io.hydrant.node.data.NodeIdentity;
import io.hydrant.node.ingest.Held;
import io.hydrant.node.ingest.StagedAlone;
import io.hydrant.node.ingest.StagedGroup;
import io.hydrant.node.ingest.Staging;
import io.hydrant.node.replication.ReplicatedStore;
import io.hydrant.node.restore.Reading;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/** The image store, cut into what each part of the node needs of it. */
record EnginePorts(ImageStore store, NodeIdentity identity)
    implements ReplicatedStore, Staging, Reading {
  @Override
  public EntryPosition snapshotPosition() {
    return store.snapshotPosition();
  }

  @Override
  public boolean isRecovered() {
    return identity
        .adoption()
        .flatMap(Adoption::recovered)
        .filter(snapshotPosition()::equals)
        .isPresent();
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
  public EntryPosition install(byte[] catalog) throws IOException, MalformedCatalogException {
    return store.install(catalog);
  }

  @Override
  public boolean isInstalled() {
    return store.isInstalled();
  }

  @Override
  public CompletableFuture<EntryPosition> snapshot() {
    return store.snapshot();
  }

  @Override
  public CompletableFuture<?> readyToAdmit(ImageId image) {
    return READY;
  }

  @Override
  public void admitOpen(Command.Open open) throws Refusal, IOException {
    store.admitOpen(open);
  }

  @Override
  public StagedGroup staged(CheckpointKey key, Epoch epoch) throws Refusal {
    return new StagedAlone(store.staged(key, epoch), identity.node());
  }

  /** Nobody else counts in a group of one. */
  @Override
  public void requireHeld(ImageId image, Held held) {}

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
