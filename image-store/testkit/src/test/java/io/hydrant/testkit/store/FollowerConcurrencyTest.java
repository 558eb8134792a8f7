package io.hydrant.testkit.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.catalog.CheckpointInfo;
import io.hydrant.engine.catalog.Command;
import io.hydrant.engine.catalog.Entry;
import io.hydrant.engine.catalog.Outcome;
import io.hydrant.engine.catalog.Rejection;
import io.hydrant.engine.catalog.RequestId;
import io.hydrant.engine.model.CheckpointDigest;
import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.CheckpointKey;
import io.hydrant.engine.model.CheckpointKind;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.Epoch;
import io.hydrant.engine.model.ImageId;
import io.hydrant.engine.model.PageChecksum;
import io.hydrant.engine.model.PageEncoding;
import io.hydrant.engine.model.PageTable;
import io.hydrant.engine.model.RegionKind;
import io.hydrant.engine.model.RegionSpec;
import io.hydrant.engine.model.RegionTable;
import io.hydrant.engine.store.ImageStore;
import io.hydrant.engine.store.ImageStorePorts;
import io.hydrant.engine.store.ReadPoint;
import io.hydrant.engine.store.Refusal;
import io.hydrant.engine.store.StagedCheckpoint;
import io.hydrant.engine.store.StoreEvent;
import io.hydrant.testkit.simulation.PageContents;
import io.hydrant.testkit.simulation.SimulatedMedia;
import io.hydrant.testkit.simulation.SimulatedReplica;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * Entries, frames, syncs, late publishing, snapshots and readers on threads of their own: whoever
 * reads a page gets the one of its checkpoint, or is told that it is not here.
 */
class FollowerConcurrencyTest {
  private static final int PAGES = 24;
  private static final int PAGE_BYTES = 4 << 10;
  private static final int CHECKPOINTS = 400;
  private static final int AHEAD_MAX = 30;
  private static final long SECONDS_MAX = 60;
  private static final Epoch EPOCH = new Epoch(1);
  private static final RegionSpec REGION =
      new RegionSpec("ram", RegionKind.MEMORY, PAGE_BYTES, (long) PAGES * PAGE_BYTES);
  private static final RegionTable REGIONS = new RegionTable(List.of(REGION));

  private final Queue<StoreEvent> faults = new ConcurrentLinkedQueue<>();
  private final ExecutorService background = Executors.newFixedThreadPool(3);
  private final ExecutorService feeders = Executors.newFixedThreadPool(2);
  private final ExecutorService readers = Executors.newFixedThreadPool(2);
  private final ImageStore store = open();
  private long index;

  FollowerConcurrencyTest() throws IOException {}

  private ImageStore open() throws IOException {
    SimulatedMedia media = new SimulatedMedia(new SplittableRandom(1));
    return ImageStore.open(
        SimulatedReplica.SMALL,
        new ImageStorePorts(
            media.segments(),
            media.catalogs(),
            media.index(),
            new PageContents(),
            new SplittableRandom(2),
            background,
            background,
            background,
            () -> false,
            event -> {
              if (event instanceof StoreEvent.Fault || event instanceof StoreEvent.BytesMissing) {
                faults.add(event);
              }
            }));
  }

  private Outcome apply(Command command) throws IOException {
    EntryPosition position = new EntryPosition(1, index++);
    UUID request = new UUID(7, index);
    return store.apply(
        position, new Entry(1_000 + index, RequestId.NONE, new RequestId(request), command));
  }

  /** One batch: these pages, the content of page p of seed + p. */
  private static PageTable table(long seed, int first, int count) {
    PageChecksum checksum = new PageChecksum();
    short[] numbers = new short[count];
    byte[] encodings = new byte[count];
    int[] lengths = new int[count];
    int[] checksums = new int[count];
    for (int row = 0; row < count; row++) {
      numbers[row] = (short) (first + row);
      encodings[row] = (byte) PageEncoding.RAW.code();
      lengths[row] = PAGE_BYTES;
      checksums[row] =
          checksum.of(0, first + row, PageContents.page(seed + first + row, PAGE_BYTES));
    }
    return new PageTable(numbers, encodings, lengths, checksums);
  }

  private static Command.Content content(PageTable table) {
    CheckpointDigest digest = new CheckpointDigest();
    digest.patch(0, REGION, 0, table);
    return new Command.Content(
        digest.finish(0, new int[0]), 1, table.size(), table.payloadBytes(), 0);
  }

  private Void feed(CheckpointKey key, CheckpointInfo info, long seed, int first, PageTable table)
      throws Exception {
    StagedCheckpoint receiver = store.receive(key, info);
    ByteBuffer payload = ByteBuffer.allocate(table.payloadBytes());
    for (int row = 0; row < table.size(); row++) {
      payload.put(PageContents.page(seed + first + row, PAGE_BYTES));
    }
    receiver.patch(0, 0, table, payload.flip());
    receiver.finish(content(table)).get();
    return null;
  }

  /** Reads all pages until they are here. */
  private Void read(ReadPoint point, long[] seeds) throws Exception {
    long[] pages = new long[PAGES];
    for (int page = 0; page < PAGES; page++) {
      pages[page] = page;
    }
    ByteBuffer target = ByteBuffer.allocateDirect(PAGES * PAGE_BYTES);
    while (true) {
      target.clear();
      try {
        store.pages().read(point, 0, pages, target);
        break;
      } catch (Refusal refusal) {
        assertEquals(Rejection.NOT_HERE, refusal.rejection(), () -> "" + refusal);
        Thread.onSpinWait();
      }
    }
    target.flip();
    for (int page = 0; page < PAGES; page++) {
      assertEquals(
          PageContents.page(seeds[page] + page, PAGE_BYTES),
          target.slice(page * PAGE_BYTES, PAGE_BYTES),
          "page " + page + " of " + point.checkpoint().id());
    }
    return null;
  }

  @Test
  void everybodyAtOnce() throws Exception {
    ImageId image =
        ((Outcome.ImageCreated) apply(new Command.CreateImage("vm", CHECKPOINTS))).image();
    RequestId owner = new RequestId(new UUID(9, 9));
    apply(new Command.Acquire(image, Optional.empty(), owner));
    apply(new Command.SetRetention(image, 3));
    SplittableRandom random = new SplittableRandom(3);
    long[] seeds = new long[PAGES];
    List<Future<Void>> running = new ArrayList<>();
    long deadline = System.nanoTime() + SECONDS_MAX * 1_000_000_000;
    for (int round = 1; round <= CHECKPOINTS; round++) {
      boolean full = round == 1;
      int first = full ? 0 : random.nextInt(PAGES);
      int count = full ? PAGES : 1 + random.nextInt(Math.min(8, PAGES - first));
      long seed = 1_000L * round;
      PageTable table = table(seed, first, count);
      CheckpointInfo info = info(round, full);
      CheckpointKey key = new CheckpointKey(image, info.id());
      boolean early = random.nextBoolean();
      if (early) {
        running.add(feeders.submit(() -> feed(key, info, seed, first, table)));
      }
      assertEquals(
          new Outcome.Opened(key),
          apply(
              new Command.Open(
                  image,
                  EPOCH,
                  info.kind(),
                  info.base(),
                  full ? Optional.of(REGIONS) : Optional.empty())));
      Outcome committed = apply(new Command.Commit(key, EPOCH, content(table), List.of("others")));
      assertTrue(committed instanceof Outcome.Committed, "" + committed);
      if (!early) {
        running.add(feeders.submit(() -> feed(key, info, seed, first, table)));
      }
      for (int page = first; page < first + count; page++) {
        seeds[page] = seed;
      }
      if (round % 5 == 0) {
        running.add(readHead(image, key, seeds.clone()));
      }
      if (round % 7 == 0) {
        retireAll(image);
      }
      while (missing() > AHEAD_MAX && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
    }
    for (Future<Void> one : running) {
      one.get();
    }
    while (missing() > 0 && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertEquals(0, missing());
    assertEquals(index - 1, store.holdMark());
    assertEquals(List.of(), List.copyOf(faults));
    store.close();
    for (ExecutorService pool : List.of(feeders, readers, background)) {
      pool.shutdownNow();
    }
  }

  private static CheckpointInfo info(long id, boolean full) {
    return new CheckpointInfo(
        new CheckpointId(id),
        full ? Optional.empty() : Optional.of(new CheckpointId(id - 1)),
        full ? CheckpointKind.FULL : CheckpointKind.INCREMENTAL,
        EPOCH,
        REGIONS,
        Optional.empty());
  }

  private Future<Void> readHead(ImageId image, CheckpointKey key, long[] seeds) throws Exception {
    Outcome pinned = apply(new Command.Pin(image, Optional.of(key.checkpoint()), 60_000));
    ReadPoint point = store.readPoint(((Outcome.Pinned) pinned).session());
    return readers.submit(() -> read(point, seeds));
  }

  private void retireAll(ImageId image) throws IOException {
    apply(
        new Command.Retire(
            image, List.copyOf(store.catalog().image(image).orElseThrow().committed().keySet())));
  }

  private long missing() {
    return store.gauges().getOrDefault("missing_checkpoint_count", -1L);
  }
}
