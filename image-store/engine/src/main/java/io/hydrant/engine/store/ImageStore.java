package io.hydrant.engine.store;

import io.hydrant.engine.catalog.Catalog;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.SessionId;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** SKELETON: one replica of one group. */
public final class ImageStore implements AutoCloseable {

  /** Opens and recovers. */
  public static ImageStore open(ImageStoreConfig config, ImageStorePorts ports) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** Position of the last durable snapshot: replay starts behind it. */
  public EntryPosition snapshotPosition() {
    throw new UnsupportedOperationException();
  }

  /** Position of the last applied entry. */
  public EntryPosition applied() {
    throw new UnsupportedOperationException();
  }

  /** Applies the next entry; one thread, in log order. Exceptions are faults or bugs: the process must stop. */
  public Outcome apply(EntryPosition position, Entry entry) throws IOException {
    throw new UnsupportedOperationException();
  }

  /** An entry without a command; apply thread. */
  public void skip(EntryPosition position) {
    throw new UnsupportedOperationException();
  }

  /** Starts a snapshot in the background unless one is under way; apply thread. */
  public CompletableFuture<EntryPosition> snapshot() {
    throw new UnsupportedOperationException();
  }

  /** The catalog: its read methods are safe from any thread; its apply belongs to this store. */
  public Catalog catalog() {
    throw new UnsupportedOperationException();
  }

  /** Refuses new checkpoints when the disk is nearly full. Any thread. */
  public void admitOpen() throws Refusal, IOException {
    throw new UnsupportedOperationException();
  }

  /** The staged records of an open checkpoint; the same object for the same key. Any thread. */
  public StagedCheckpoint staged(CheckpointKey key, Epoch epoch) throws Refusal {
    throw new UnsupportedOperationException();
  }

  /** What a session reads. Any thread. */
  public ReadPoint readPoint(SessionId session) throws Refusal {
    throw new UnsupportedOperationException();
  }

  public PageReader pages() {
    throw new UnsupportedOperationException();
  }

  public SlimReader slim() {
    throw new UnsupportedOperationException();
  }

  /** Counters and gauges by name, unit last. */
  public Map<String, Long> counters() {
    throw new UnsupportedOperationException();
  }

  public Map<String, Long> gauges() {
    throw new UnsupportedOperationException();
  }

  /** Takes a last snapshot and closes log and index. Apply thread must have ended. */
  @Override
  public void close() throws IOException {
    throw new UnsupportedOperationException();
  }
}
