package io.hydrant.engine.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.hydrant.engine.model.CheckpointId;
import io.hydrant.engine.model.EntryPosition;
import io.hydrant.engine.model.ImageId;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Readers beside the apply thread see whole entries, and never go back. */
final class CatalogViewsTest {
  private static final int COMMANDS = 5_000;

  @Test
  void readersSeeWholeEntries() throws InterruptedException, ExecutionException {
    Catalog catalog = new Catalog();
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService executor = Executors.newSingleThreadExecutor()) {
      Future<Long> reads = executor.submit(() -> read(catalog, done));
      try {
        ReferenceCatalog reference = new ReferenceCatalog();
        RandomCommands commands = new RandomCommands(new SplittableRandom(5), reference);
        for (int i = 0; i < COMMANDS; i++) {
          Entry entry = commands.next();
          reference.apply(i, entry);
          catalog.apply(new EntryPosition(1, i), entry);
        }
      } finally {
        done.set(true);
      }
      assertTrue(reads.get() > 0);
    }
  }

  private static long read(Catalog catalog, AtomicBoolean done) {
    long reads = 0;
    long[] changed = new long[10_000];
    long applied = -1;
    do {
      long now = catalog.applied().index();
      assertTrue(now >= applied);
      applied = now;
      for (ImageState image : catalog.images()) {
        whole(image);
        int uid = (int) image.id().value();
        assertTrue(image.changedIndex() >= changed[uid], "an image went back");
        changed[uid] = image.changedIndex();
        for (SessionInfo session : image.sessions().values()) {
          catalog.session(session.id()).ifPresent(found -> assertEquals(session.id(), found.id()));
        }
        catalog
            .imageNamed(image.name())
            .ifPresent(found -> assertEquals(image.name(), found.name()));
      }
      assertTrue(catalog.image(new ImageId(Long.MAX_VALUE)).isEmpty());
      reads++;
    } while (!done.get());
    return reads;
  }

  private static void whole(ImageState image) {
    List<CheckpointId> committed = List.copyOf(image.committed().keySet());
    assertEquals(committed.size(), image.retainedLines().size());
    for (int i = 0; i < committed.size(); i++) {
      assertEquals(committed.get(i).value(), image.retainedLines().get(i).newest());
      assertEquals(ImageState.Fate.COMMITTED, image.fate(committed.get(i)));
    }
    image.head().ifPresent(head -> assertTrue(image.committed().containsKey(head)));
    image.open().keySet().forEach(image::line);
    image
        .sessions()
        .values()
        .forEach(session -> assertTrue(image.committed().containsKey(session.checkpoint())));
  }
}
