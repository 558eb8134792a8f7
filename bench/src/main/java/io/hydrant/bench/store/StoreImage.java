package io.hydrant.bench.store;

import io.hydrant.bench.data.PageMessages;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.kill.StepWriter;
import io.hydrant.client.CheckpointWriter;
import io.hydrant.client.CommittedCheckpoint;
import io.hydrant.client.HydrantClient;
import io.hydrant.client.ProtectionStream;
import io.hydrant.client.RestoreSession;
import io.hydrant.v1.PageRange;
import io.hydrant.v1.PinnedDelete;
import io.hydrant.v1.Region;
import io.hydrant.v1.RegionKind;
import java.util.List;
import java.util.concurrent.ExecutionException;

/** An image of one region of 4 KiB pages, with its protector. For one thread. */
public final class StoreImage implements AutoCloseable {
  private static final String REGION = "ram";

  private final HydrantClient client;
  private final ProtectionStream stream;
  private final Region region;
  private long head;

  StoreImage(HydrantClient client, ProtectionStream stream, long bytes) {
    this.client = client;
    this.stream = stream;
    this.head = stream.head().orElse(0);
    this.region = region(bytes);
  }

  /** The region of an image of so many bytes. */
  public static Region region(long bytes) {
    return Region.newBuilder()
        .setName(REGION)
        .setKind(RegionKind.REGION_KIND_MEMORY)
        .setPageBytes(PagePool.PAGE_BYTES)
        .setLengthBytes(bytes)
        .build();
  }

  /** As the server numbers it. */
  public long uid() {
    return stream.imageUid();
  }

  /** The newest checkpoint, as far as it is known here; 0: none. */
  public long head() {
    return head;
  }

  public long pages() {
    return region.getLengthBytes() / PagePool.PAGE_BYTES;
  }

  /** The whole region, for reads. */
  public PageRange range() {
    return PageRange.newBuilder().setPageCount(pages()).build();
  }

  /** A full checkpoint of pages from a pool; nanoseconds from the first call to the answer. */
  public long writeFull(PagePool pool) throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    try (CheckpointWriter writer = stream.openFull(List.of(region))) {
      for (long page = 0; page < pages(); page += PageMessages.BATCH_PAGES) {
        int count = (int) Math.min(PageMessages.BATCH_PAGES, pages() - page);
        send(writer, PageSet.run(pool, page, count));
      }
      head = writer.commit().get().id();
    }
    return System.nanoTime() - begin;
  }

  /** A full checkpoint of some pages; the others are zero. */
  public void writeFull(PageSet set) throws InterruptedException, ExecutionException {
    try (CheckpointWriter writer = stream.openFull(List.of(region))) {
      StepWriter.full(writer, set, pages());
      head = writer.commit().get().id();
    }
  }

  /** An incremental checkpoint on the newest one; nanoseconds from the first call to the answer. */
  public long writeIncremental(PageSet set) throws InterruptedException, ExecutionException {
    long begin = System.nanoTime();
    try (CheckpointWriter writer = openIncremental()) {
      send(writer, set);
      head = writer.commit().get().id();
    }
    return System.nanoTime() - begin;
  }

  /** Opens a checkpoint on the newest one, for what is not common to scenarios. */
  public CheckpointWriter openIncremental() {
    return stream.openIncremental(head);
  }

  /** Opens a checkpoint on one that may be in flight. */
  public CheckpointWriter openIncremental(CheckpointWriter base) {
    return stream.openIncremental(base);
  }

  /** Notes a checkpoint that was committed otherwise than by the methods here. */
  public void committed(CommittedCheckpoint checkpoint) {
    head = checkpoint.id();
  }

  /** Adds pages of the region to a checkpoint. */
  public static void send(CheckpointWriter writer, PageSet set) {
    writer.batch(0, set.pages(), set.content());
  }

  /** A session on the newest checkpoint. */
  public RestoreSession openRestore() {
    return client.openRestore(HydrantClient.uid(stream.imageUid()));
  }

  /** Deletes the image with all that is in it. */
  public void delete() {
    stream.close();
    client.deleteImage(HydrantClient.uid(stream.imageUid()), PinnedDelete.PINNED_DELETE_REFUSE);
  }

  @Override
  public void close() {
    stream.close();
  }
}
