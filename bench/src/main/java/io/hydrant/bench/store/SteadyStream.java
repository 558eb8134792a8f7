package io.hydrant.bench.store;

import io.hydrant.bench.data.PageSet;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Checkpoints as a protector with a fixed interval takes them: the next one is opened as soon as
 * the commit of the last one was sent, so that its pages need not wait for the opening. For one
 * thread.
 */
public final class SteadyStream implements AutoCloseable {
  private final StoreImage image;
  private CheckpointWriter writer;

  /** On the newest checkpoint of an image. */
  public SteadyStream(StoreImage image) {
    this.image = image;
    this.writer = image.openIncremental();
  }

  /** Nanoseconds from the first page to the acknowledgement. */
  public long commit(PageSet set) throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    StoreImage.send(writer, set);
    CompletableFuture<CommittedCheckpoint> committed = writer.commit();
    CheckpointWriter next = image.openIncremental(writer);
    CommittedCheckpoint checkpoint = committed.get();
    long elapsed = System.nanoTime() - begin;
    image.committed(checkpoint);
    writer = next;
    return elapsed;
  }

  /** The one that is open has nothing to say. */
  @Override
  public void close() {
    writer.close();
  }
}
