package io.hydrant.bench.flip;

import io.hydrant.bench.data.PageChoice;
import io.hydrant.bench.data.PagePool;
import io.hydrant.bench.data.PageSet;
import io.hydrant.bench.flip.Place.PageRow;
import io.hydrant.bench.store.StoreClient;
import io.hydrant.bench.store.StoreImage;
import io.hydrant.bench.written.WrittenImage;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;

/**
 * Images with increments of which most are retired by now, so that segments hold live and dead
 * bytes side by side.
 */
final class FlipImages {
  private static final int KEEP_LAST = 3;

  /** Of an image's pages, one of so many in an increment. */
  private static final int INCREMENT_PART = 12;

  private static final long RETIRE_SECONDS_MAX = 60;
  private static final long POLL_MILLIS = 200;

  private final List<WrittenImage> images;
  private final Map<Long, WrittenImage> byUid;

  /** Sizes of what is written. */
  record Sizes(int images, long imageBytes, int increments) {}

  private FlipImages(Map<Long, WrittenImage> byUid) {
    this.byUid = byUid;
    this.images = byUid.values().stream().toList();
  }

  /** Writes them and waits until only the newest checkpoints are retained. */
  static FlipImages write(StoreClient client, Sizes sizes, long seed)
      throws InterruptedException, ExecutionException {
    Map<Long, WrittenImage> byUid = new HashMap<>();
    List<StoreImage> open = new ArrayList<>();
    List<WrittenImage> written = new ArrayList<>();
    int pages = (int) (sizes.imageBytes() / PagePool.PAGE_BYTES);
    for (int i = 0; i < sizes.images(); i++) {
      WrittenImage image = new WrittenImage("flip-" + i, new PagePool(seed + i, pages));
      StoreImage store = client.create(image.name(), image.bytes(), KEEP_LAST);
      store = client.written(store, image.name(), image.bytes(), to -> to.writeFull(image.pool()));
      image.full(store.head());
      byUid.put(store.uid(), image);
      open.add(store);
      written.add(image);
    }
    PageChoice choice = new PageChoice(seed);
    for (int increment = 0; increment < sizes.increments(); increment++) {
      for (int i = 0; i < open.size(); i++) {
        WrittenImage image = written.get(i);
        PageSet set = PageSet.scattered(image.pool(), choice, pages / INCREMENT_PART, pages);
        open.set(
            i,
            client.written(
                open.get(i), image.name(), image.bytes(), to -> to.writeIncremental(set)));
        image.increment(open.get(i).head(), set);
      }
    }
    open.forEach(StoreImage::close);
    for (WrittenImage image : written) {
      image.keepLast(KEEP_LAST);
      awaitRetired(client, image);
    }
    return new FlipImages(byUid);
  }

  private static void awaitRetired(StoreClient client, WrittenImage image)
      throws InterruptedException {
    long deadline = System.nanoTime() + RETIRE_SECONDS_MAX * 1_000_000_000;
    while (!client.committed(image.name()).equals(image.checkpoints())) {
      if (System.nanoTime() > deadline) {
        throw new IllegalStateException(
            "%s keeps %s, not %s"
                .formatted(image.name(), client.committed(image.name()), image.checkpoints()));
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  List<WrittenImage> all() {
    return images;
  }

  /** Whether a retained checkpoint shows what a checkpoint wrote. */
  boolean isShown(PageRow row) {
    WrittenImage image = byUid.get(row.image());
    return image != null
        && image.checkpoints().stream().anyMatch(checkpoint -> isShown(image, checkpoint, row));
  }

  private static boolean isShown(WrittenImage image, long checkpoint, PageRow row) {
    return image.shown(checkpoint).writers()[(int) row.page()] == row.writer();
  }

  /** The pages of a checkpoint that must be refused once these bits have turned over. */
  BitSet struck(WrittenImage image, long checkpoint, List<Flip> flips) {
    BitSet struck = new BitSet();
    for (Flip flip : flips) {
      flip.place()
          .page()
          .filter(row -> image.equals(byUid.get(row.image())) && isShown(image, checkpoint, row))
          .ifPresent(row -> struck.set((int) row.page()));
    }
    return struck;
  }
}
